"""Program 2: labelled mail becomes a model; a Message becomes a Prediction."""
