"""Mails that mislead a reader in a hurry, by case: `02-de-…` is a German one of case 2. In our own words; known short phrases are kept."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

from demur.demo.signing import SigningKey

FACEBOOK = "Facebook <notification@facebookmail.com>"
INSTAGRAM = "Instagram <no-reply@mail.instagram.com>"
WHATSAPP = "WhatsApp <privacy@support.whatsapp.com>"
SUPPORT = "Meta Privacy Operations <case@support.facebook.com>"
ANNA = "Anna Sommer <anna@example.org>"
FORM = "https://www.facebook.com/help/contact/712876720715583"
INSTAGRAM_FORM = "https://help.instagram.com/contact/767264225370182"
OLD_FORM = "https://www.facebook.com/help/contact/6359191084165019"
WHATSAPP_FORM = "https://www.whatsapp.com/contact/forms/382532939919295"
POLICY = "https://www.facebook.com/privacy/policy/"
THIRD_PARTY_FORM = "https://www.facebook.com/help/contact/1266025207620918"
CODES = ("735198", "204 663", "581-904", "640275")
SECRETS = ("2.c0ffee51", "aref", "n_m", "anna%40", "AT0xyz", "fbclid", "uid=", "token=", "9f8e7d6c", *CODES, "204663", "581904")
"""What must never be printed: parts of tracking links that name or log in a person, and one-time codes."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: `name` is its file's, without `.eml`. HTML-only when it has `html`."""

    name: str
    sender: str
    subject: str
    text: str = ""
    html: str = ""
    to: str = ANNA
    headers: tuple[tuple[str, str], ...] = ()
    sent: datetime = datetime(2025, 4, 22, 7, 30, tzinfo=UTC)

    @property
    def domain(self) -> str:
        """The sender's, for a signature."""
        return self.sender.rpartition("@")[2].rstrip(">")

    def raw(self) -> bytes:
        """The mail as bytes."""
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"], message["Date"] = self.sender, self.to, self.subject, format_datetime(self.sent)
        message["Message-ID"] = f"<{self.name}@tricky.example>"
        for name, value in self.headers:
            message[name] = value
        if self.html:
            message.set_content(page(self.html), subtype="html", cte="quoted-printable")
        else:
            message.set_content(self.text + "\n")
        return message.as_bytes()

    def signed(self, key: SigningKey, domain: str = "") -> bytes:
        """The mail with a valid signature of its sender's domain, or of another."""
        return key.sign(self.raw(), domain or self.domain)


def page(body: str) -> str:
    """Paragraphs, divided by empty lines, as the pages that Meta mails."""
    paragraphs = "".join(f'<p style="margin:0 0 12px">{paragraph.strip()}</p>' for paragraph in body.split("\n\n"))
    return (
        f"<!DOCTYPE html><html><head><style>p{{margin:0}}</style></head><body><table><tr><td>{paragraphs}</td></tr></table></body></html>"
    )


def tracked(url: str, host: str = "www.facebook.com") -> str:
    """A link as Facebook's mails wrap it: the target is the first key of the query, the rest is about the reader."""
    path = url.split("/", 3)[3]
    return f"https://{host}/n/?{quote(path, safe='')}&amp;aref=1725310942667781&amp;medium=email&amp;mid=5f1c&amp;bcode=2.c0ffee51.AbX&amp;n_m=anna%40example.org&amp;rms=v2&amp;irms=true"


def redirected(url: str, host: str = "l.instagram.com/") -> str:
    """A link as Meta's outbound redirector wraps it."""
    return f"https://{host}?u={quote(url, safe='')}&amp;h=AT0xyz&amp;fbclid=IwAR0"


def safelink(url: str) -> str:
    """A link as Outlook wraps it."""
    return f"https://eur01.safelinks.protection.outlook.com/?url={quote(url, safe='')}&amp;data=05%7C02%7Canna%40example.org"


def a(words: str, url: str = FORM) -> str:
    """A link with words, through Facebook's tracker."""
    return f'<a href="{tracked(url)}">{words}</a>'


def meta(name: str, subject: str, html: str, sender: str = FACEBOOK, **more: object) -> Mail:
    """A mail as Meta sends it."""
    return Mail(name, sender, subject, html=html, **more)  # type: ignore[arg-type]


CONFIRMED_WITH_MANY_OBJECTIONS = (
    meta(
        "01-en-objection-everywhere",
        "Your objection about AI: our answer",
        """Hi Anna,

        You used the objection form on Sunday to object to AI at Meta being developed with what you share publicly. The objection was complete, the objection came from the right account, and your objection has now been accepted.

        Your objection counts from today: nothing that you share in public will be put into the training of our models. You do not have to object again when you read about the right to object elsewhere.""",
    ),
    meta(
        "01-de-lauter-widersprueche",
        "Dein Widerspruch zu KI bei Meta",
        """Hallo Anna,

        du hast der Verwendung deiner Informationen widersprochen. Dein Widerspruch ist am Montag eingegangen, dein Widerspruch war vollständig, und wir kommen deinem Widerspruch nach.

        Der Widerspruch gilt ab sofort, ein weiterer Widerspruch ist nicht nötig. Deine öffentlichen Beiträge fließen nicht mehr in das Training unserer Modelle ein.""",
    ),
    meta(
        "01-fr-opposition-partout",
        "Votre opposition concernant l'IA chez Meta",
        """Bonjour Anna,

        Vous avez exercé votre droit d'opposition le 20 avril. Votre opposition remplit toutes les conditions et nous faisons droit à votre opposition.

        Cette opposition prend effet dès aujourd'hui : vos publications publiques ne serviront plus à entraîner l'IA chez Meta. Il n'est pas utile d'envoyer une autre opposition.""",
    ),
)

NOTICES_WITH_IF = (
    meta(
        "02-en-if-honoured",
        "We're bringing more AI to your region",
        f"""Hi Anna,

        We're getting ready to expand our AI at Meta experiences to your region. For this we'll rely on the legal basis called legitimate interests.

        You can {a("object")} to how your public posts are used for these purposes. If your objection is honoured, going forward we won't use your public posts to develop and improve generative AI models.""",
    ),
    meta(
        "02-de-wenn-stattgegeben",
        "Neue KI-Funktionen in deiner Region",
        f"""Hallo Anna,

        demnächst nutzen wir öffentliche Beiträge und Kommentare von Erwachsenen, um die Modelle hinter KI bei Meta zu verbessern. Unsere Rechtsgrundlage ist das berechtigte Interesse.

        Du darfst dem {a("widersprechen")}. Wenn wir deinem Widerspruch stattgeben, verwenden wir deine öffentlichen Informationen künftig nicht mehr für die Entwicklung unserer Modelle.""",
    ),
    meta(
        "02-fr-si-acceptee",
        "Du nouveau pour l'IA chez Meta",
        f"""Bonjour Anna,

        À partir du 27 mai, les publications publiques des adultes et leurs échanges avec nos assistants serviront à améliorer l'IA chez Meta, sur la base de l'intérêt légitime.

        Vous pouvez vous y {a("opposer")}. Si votre opposition est acceptée, nous n'utiliserons plus vos informations publiques pour développer nos modèles.""",
    ),
    meta(
        "02-es-si-aceptamos",
        "Novedades sobre la IA en Meta",
        f"""Hola, Anna:

        Dentro de unas semanas empezaremos a usar tus publicaciones públicas y tus interacciones con las funciones de la IA en Meta para mejorar nuestros modelos. Nos basamos en el interés legítimo.

        Tienes {a("derecho a oponerte")}. Si aceptamos tu oposición, a partir de ese momento no usaremos esa información para entrenar la IA.""",
    ),
    meta(
        "02-it-se-accolta",
        "Come useremo le tue informazioni per l'IA in Meta",
        f"""Ciao Anna,

        tra poco useremo i contenuti pubblici degli adulti per sviluppare l'IA in Meta, in base al nostro legittimo interesse.

        Hai diritto di {a("opporti")}. Se la tua opposizione verrà accolta, da quel momento non useremo più i tuoi contenuti pubblici per i nostri modelli.""",
    ),
    meta(
        "02-pt-se-for-aceite",
        "A IA na Meta e as tuas informações",
        f"""Olá, Anna!

        Vamos utilizar as tuas interações com as funcionalidades de IA na Meta e as tuas informações públicas, com base em interesses legítimos.

        Podes {a("opor-te")}. Se a tua oposição for aceite, não vamos utilizar essas informações para desenvolver modelos de IA generativa.""",
    ),
    meta(
        "02-hr-ako-prihvatimo",
        "Novosti o AI-ju tvrtke Meta",
        f"""Bok, Anna!

        Uskoro ćemo upotrebljavati javne objave punoljetnih osoba kako bismo poboljšali AI tvrtke Meta. Pravna osnova je legitimni interes.

        Imaš pravo na {a("prigovor")}. Ako prihvatimo tvoj prigovor, tvoje javne podatke ubuduće nećemo upotrebljavati za razvoj modela.""",
    ),
)

NOTICES_THAT_PROMISE_A_MAIL = (
    meta(
        "03-de-bestaetigung-folgt",
        "Wir verbessern KI bei Meta laufend",
        f"""Hallo Anna,

        wir möchten künftig öffentliche Informationen und Unterhaltungen mit unseren KI-Funktionen für das Training nutzen. Du kannst der Verwendung deiner Informationen zu diesen Zwecken {a("widersprechen")}.

        Wenn du einen Widerspruch einreichst, werden wir dir eine E-Mail mit der Bestätigung senden, dass wir diese Informationen nicht mehr für die künftige Entwicklung unserer Modelle verwenden werden.""",
    ),
    meta(
        "03-en-email-will-confirm",
        "Learn how we'll use your information as we improve AI at Meta",
        f"""Hello Anna,

        Public posts of adults and their chats with our AI features will soon help us to improve AI at Meta.

        You have the right to {a("object")}. Once you've sent the form, you'll get an email from us confirming that we won't use your public information and your chats for the development of our models.""",
        sender=INSTAGRAM,
    ),
    meta(
        "03-nl-we-bevestigen-later",
        "Zo gebruiken we je gegevens voor AI bij Meta",
        f"""Hallo Anna,

        Binnenkort gebruiken we openbare berichten van volwassenen om AI bij Meta te verbeteren. We baseren ons daarbij op een gerechtvaardigd belang.

        Je kunt {a("bezwaar maken")}. Nadat je het formulier hebt verzonden, sturen we je een e-mail waarin we bevestigen dat we je openbare gegevens hiervoor niet zullen gebruiken.""",
    ),
    meta(
        "03-es-te-confirmaremos",
        "Cómo usaremos tu información para la IA en Meta",
        f"""Hola, Anna:

        Queremos que sepas que usaremos el contenido público de personas adultas para desarrollar la IA en Meta.

        Si no estás de acuerdo, puedes {a("oponerte")}. Después de enviar el formulario recibirás un correo en el que te confirmaremos que no usaremos tu contenido público con este fin.""",
        sender=INSTAGRAM,
    ),
)

NOTICES_TO_WHO_OBJECTED_BEFORE = (
    meta(
        "04-en-no-second-request",
        "How we use public information for AI at Meta",
        f"""Hi Anna,

        Soon we'll train AI at Meta with public posts and comments of people over 18. You can {a("object")} to this at any time.

        If you've already objected, you don't need to submit another request.""",
    ),
    meta(
        "04-de-bereits-widersprochen",
        "So verwenden wir Informationen für KI bei Meta",
        f"""Hallo Anna,

        ab dem 27. Mai trainieren wir KI bei Meta mit öffentlichen Inhalten. Möchtest du das nicht, kannst du {a("widersprechen")}.

        Wenn du bereits widersprochen hast, brauchst du keinen weiteren Antrag zu stellen. Wir werden uns auch an frühere Widersprüche halten.""",
    ),
    meta(
        "04-fr-deja-opposee",
        "Découvrez comment nous utiliserons vos informations à mesure que nous améliorons l'IA de Meta",
        f"""Bonjour Anna,

        Nous allons entraîner l'IA de Meta à partir des contenus publics des adultes. Vous avez le droit de vous y {a("opposer")}.

        Si vous vous êtes déjà opposée l'an dernier, aucune nouvelle demande n'est nécessaire : votre choix reste valable.""",
    ),
    meta(
        "04-pl-juz-zlozony",
        "Jak będziemy wykorzystywać Twoje informacje na potrzeby SI w Meta",
        f"""Cześć, Anno!

        Ulepszamy SI w Meta. Będziemy w tym celu wykorzystywać publiczne treści osób pełnoletnich na podstawie prawnie uzasadnionego interesu.

        Możesz wnieść {a("sprzeciw")}. Jeśli Twój sprzeciw został już złożony wcześniej, nie musisz przesyłać kolejnego wniosku.""",
    ),
)

CONFIRMED_BUT_MAY_STILL = (
    meta(
        "05-en-may-still-process",
        "Our answer to your request",
        """Hi Anna,

        We've reviewed your request and will honor your objection. From now on your public posts and comments stay out of the development of generative AI at Meta.

        We may still process information about you to develop and improve AI at Meta, even if you object or don't use our products and services. That can happen when somebody else shares a photo of you.""",
    ),
    meta(
        "05-es-aun-asi",
        "Tu solicitud sobre la IA en Meta",
        """Hola, Anna:

        Hemos revisado tu solicitud y aceptamos tu oposición. No usaremos tus publicaciones públicas para desarrollar la IA en Meta.

        Aun así, es posible que tratemos información sobre ti si otra persona la comparte, aunque te hayas opuesto o no uses nuestros productos.""",
    ),
    meta(
        "05-it-potremmo-comunque",
        "La tua opposizione",
        """Ciao Anna,

        abbiamo accolto la tua opposizione: i tuoi contenuti pubblici non verranno più usati per sviluppare e migliorare l'IA in Meta.

        Potremmo comunque trattare informazioni che ti riguardano, per esempio se compari in una foto pubblicata da altri, anche se ti sei opposta.""",
        sender=INSTAGRAM,
    ),
)

SPELLINGS = (
    meta(
        "06-en-honor-us",
        "Your request",
        "Hi Anna,\n\nWe will honor your objection. This means that your information on Facebook will no longer be used to develop AI at Meta.",
    ),
    meta(
        "06-en-honour-uk",
        "Your request",
        "Hi Anna,\n\nWe're honouring your objection. This means that your information on Facebook will no longer be used to develop AI at Meta.",
    ),
    meta(
        "06-es-objecion",
        "Respuesta a tu objeción",
        "Hola, Anna:\n\nHemos aceptado tu objeción. En adelante no utilizaremos tu información pública para entrenar modelos de la IA en Meta.",
    ),
    meta(
        "06-es-oposicion",
        "Respuesta a tu oposición",
        "Hola, Anna:\n\nTu oposición ha sido aceptada. En adelante no utilizaremos tu información pública para entrenar modelos de la IA en Meta.",
    ),
)

REVIEWED = (
    meta(
        "07-en-reviewed",
        "About the request you made",
        "Hi Anna,\n\nWe've reviewed your request about AI at Meta. It meets the conditions, so from today your public information is left out of the data that we train our models with.",
    ),
    meta(
        "07-de-geprueft",
        "Zu deinem Antrag",
        "Hallo Anna,\n\nwir haben deinen Antrag geprüft und respektieren deinen Widerspruch. Deine öffentlichen Informationen werden nicht mehr für KI bei Meta verwendet.",
    ),
)
UNDER_REVIEW = (
    meta(
        "07-en-reviewing",
        "About the request you made",
        "Hi Anna,\n\nWe've got your request about AI at Meta and are reviewing it. You'll hear from us once we know whether we can honour your objection.",
    ),
    meta(
        "07-de-wird-geprueft",
        "Zu deinem Antrag",
        "Hallo Anna,\n\ndein Antrag zu KI bei Meta ist bei uns angekommen. Wir werden ihn prüfen und dir danach mitteilen, ob wir deinem Widerspruch nachkommen.",
    ),
)

RECEIPTS_IN_FUTURE_TENSE = (
    meta(
        "08-it-verra-applicata",
        "Richiesta inviata",
        "Ciao Anna,\n\nabbiamo ricevuto il tuo modulo di opposizione. Ciò significa che la tua richiesta verrà applicata d'ora in avanti allo sviluppo e al miglioramento dell'IA in Meta. Riceverai una e-mail con i dettagli.",
    ),
    meta(
        "08-pt-vai-ser-aplicado",
        "Formulário enviado",
        "Olá, Anna!\n\nRecebemos o teu formulário de oposição. O pedido será aplicado daqui em diante ao desenvolvimento da IA na Meta. Vais receber um e-mail com os pormenores.",
        sender=INSTAGRAM,
    ),
    meta(
        "08-en-will-be-applied",
        "Your form has been sent",
        "Hi Anna,\n\nThanks, your objection form has reached us. Your request will be applied to the development of AI at Meta from then on. You will receive an email with the details.",
    ),
)

REJECTED_IN_ONE_CLAUSE = (
    meta(
        "09-en-between-links",
        "Thank you for contacting us",
        """Hi Anna,

        Thank you for getting in touch about AI at Meta, and for the time you took to write. We know that privacy matters to you.

        In our <a href="https://www.facebook.com/privacy/center">Privacy Centre</a> you can read how generative AI works, which information we use, and how to manage the posts that you share.

        We looked into your request and cannot take further action.

        You may find these pages useful as well: <a href="https://www.facebook.com/help">Help Centre</a>, <a href="https://www.facebook.com/privacy/policy/">Privacy Policy</a>. Thanks again for being part of our community.""",
        sender=SUPPORT,
    ),
    meta(
        "09-de-danke-und-nein",
        "Deine Nachricht an uns",
        """Hallo Anna,

        vielen Dank für deine Nachricht zu KI bei Meta und dafür, dass du dir so viel Zeit genommen hast. Der Schutz deiner Daten ist uns wichtig.

        Im <a href="https://www.facebook.com/help">Hilfebereich</a> erfährst du, wie generative KI funktioniert und wie du deine Beiträge verwaltest. Deinem Widerspruch können wir leider nicht entsprechen. In der <a href="https://www.facebook.com/privacy/policy/">Datenschutzrichtlinie</a> findest du alles Weitere.

        Danke, dass du Facebook nutzt!""",
        sender=SUPPORT,
    ),
    meta(
        "09-es-gracias-pero-no",
        "Gracias por ponerte en contacto",
        """Hola, Anna:

        Muchas gracias por escribirnos acerca de la IA en Meta y por la confianza. Cuidar tu privacidad es importante para nosotros.

        En el <a href="https://www.facebook.com/help">servicio de ayuda</a> te contamos cómo funciona la IA generativa. En esta ocasión no podemos atender tu oposición. También puedes leer nuestra <a href="https://www.facebook.com/privacy/policy/">política de privacidad</a>.

        Un saludo cordial""",
        sender=SUPPORT,
    ),
)

REFUSED_UNLESS = (
    meta(
        "10-en-until-evidence",
        "Your request about information from third parties",
        f"""Dear Anna,

        Thank you for your request about personal information from third parties and AI at Meta. We're unable to process the request until you submit evidence that your personal information appears in a response.

        Please send the prompts that you entered and a screenshot of the response through <a href="{THIRD_PARTY_FORM}">the form</a>.""",
        sender=SUPPORT,
    ),
    meta(
        "10-de-solange-keine-belege",
        "Deine Anfrage zu generativer KI",
        """Hallo Anna,

        solange uns keine Belege vorliegen, können wir deine Anfrage zu KI bei Meta nicht bearbeiten. Wir brauchen den Prompt, den du eingegeben hast, und einen Screenshot der Antwort, in der deine personenbezogenen Daten vorkommen.

        Bitte antworte auf diese E-Mail.""",
        sender=SUPPORT,
    ),
    meta(
        "10-fr-tant-que",
        "Votre demande concernant l'IA générative",
        """Bonjour Anna,

        Il nous est impossible de traiter votre demande relative à l'IA chez Meta tant que vous ne nous avez pas fourni de preuve. Merci de nous envoyer les requêtes que vous avez saisies ainsi qu'une capture d'écran de la réponse.

        L'équipe Confidentialité""",
        sender=SUPPORT,
    ),
)

NOT_AUTOMATICALLY = (
    meta(
        "11-en-receipt",
        "We have your request",
        "Hi Anna,\n\nWe received your request about AI at Meta. We don't automatically fulfil requests. We review them consistent with your local laws, and we will write to you when that is done.",
        sender=SUPPORT,
    ),
    meta(
        "11-de-eingang",
        "Deine Anfrage ist da",
        "Hallo Anna,\n\nwir haben deinen Widerspruch zu KI bei Meta erhalten. Wir geben Anträgen nicht automatisch statt, sondern prüfen sie nach dem Recht deines Landes. Du bekommst danach Nachricht von uns.",
        sender=SUPPORT,
    ),
)
NOT_AUTOMATICALLY_BUT_MORE_NEEDED = (
    meta(
        "11-en-questions",
        "One more thing about your request",
        f"Hi Anna,\n\nBefore we can look at your request we need information about whether AI at Meta's models have knowledge of you. Please provide any prompts you entered that resulted in your personal information appearing in a response, <a href='{THIRD_PARTY_FORM}'>here</a>.\n\nWe don't automatically fulfill requests. We review them consistent with your local laws.",
        sender=SUPPORT,
    ),
)

THIRD_PARTY_REFUSALS = (
    meta(
        "12-en-nothing-found",
        "Your request about information from third parties",
        f"""Dear Anna,

        This is about your request concerning personal information from third parties that is used to develop AI at Meta. We couldn't find an example of your personal information in a response, based on what you provided to us. As a result, we cannot take further action.

        The form: {a("third-party information", THIRD_PARTY_FORM)}""",
        sender=SUPPORT,
    ),
    meta(
        "12-de-nichts-gefunden",
        "Deine Anfrage zu Informationen von Dritten",
        """Hallo Anna,

        wir haben deine Anfrage zu personenbezogenen Daten von Dritten geprüft, die für KI bei Meta verwendet werden. In den Antworten der KI ließen sich keine Angaben zu dir finden. Deine Anfrage lehnen wir deshalb ab.""",
        sender=SUPPORT,
    ),
)

HONOURED_NOT_USED = (
    meta(
        "13-en-will",
        "Your objection",
        "Hi Anna,\n\nYou objected to the use of your information for AI at Meta. We'll honour your objection and won't use your information to train our models.",
    ),
    meta(
        "13-de-kommen-nach",
        "Dein Widerspruch",
        "Hallo Anna,\n\nwir kommen deinem Widerspruch nach und werden deine Informationen nicht für KI bei Meta verwenden.",
    ),
    meta(
        "13-fr-donnons-suite",
        "Votre opposition",
        "Bonjour Anna,\n\nNous donnons suite à votre opposition et n'utiliserons pas vos informations pour l'IA chez Meta.",
    ),
    meta(
        "13-hr-prihvacamo",
        "Tvoj prigovor",
        "Bok, Anna!\n\nPrihvaćamo tvoj prigovor i tvoje podatke nećemo upotrebljavati za AI tvrtke Meta.",
    ),
    meta(
        "13-en-honor-us",
        "About your request",
        "Hi Anna,\n\nWe reviewed your request about AI at Meta. We will honor your objection and will not use your posts.",
        sender=SUPPORT,
    ),
    meta(
        "13-es-aceptamos",
        "Tu oposición",
        "Hola, Anna:\n\nAceptamos tu oposición y no usaremos tu información para la IA en Meta.",
    ),
    meta(
        "13-it-accogliamo",
        "La tua opposizione",
        "Ciao Anna,\n\naccogliamo la tua opposizione e non useremo le tue informazioni per l'IA in Meta.",
    ),
    meta(
        "13-pt-aceitamos",
        "A tua oposição",
        "Olá, Anna!\n\nAceitámos a tua oposição e não vamos utilizar as tuas informações para a IA na Meta.",
    ),
)
NOT_HONOURED_USED = (
    meta(
        "13-en-wont-be-able",
        "Your objection",
        "Hi Anna,\n\nYou objected to the use of your information for AI at Meta. We won't be able to honour your objection and will go on using your information to train our models.",
    ),
    meta(
        "13-de-nicht-nachkommen",
        "Dein Widerspruch",
        "Hallo Anna,\n\nwir können deinem Widerspruch nicht nachkommen und werden deine Informationen weiter für KI bei Meta verwenden.",
    ),
    meta(
        "13-fr-pas-de-suite",
        "Votre opposition",
        "Bonjour Anna,\n\nNous ne pouvons pas donner suite à votre opposition et continuerons d'utiliser vos informations pour l'IA chez Meta.",
    ),
    meta(
        "13-hr-ne-mozemo",
        "Tvoj prigovor",
        "Bok, Anna!\n\nNe možemo prihvatiti tvoj prigovor i nastavit ćemo upotrebljavati tvoje podatke za AI tvrtke Meta.",
    ),
    meta(
        "13-en-cannot-honor-us",
        "About your request",
        "Hi Anna,\n\nWe reviewed your request about AI at Meta. We cannot honor your objection and will continue to use your posts.",
        sender=SUPPORT,
    ),
    meta(
        "13-es-no-podemos-aceptar",
        "Tu oposición",
        "Hola, Anna:\n\nNo podemos aceptar tu oposición y seguiremos usando tu información para la IA en Meta.",
    ),
    meta(
        "13-it-non-possiamo-accogliere",
        "La tua opposizione",
        "Ciao Anna,\n\nnon possiamo accogliere la tua opposizione e continueremo a usare le tue informazioni per l'IA in Meta.",
    ),
    meta(
        "13-pt-nao-podemos-aceitar",
        "A tua oposição",
        "Olá, Anna!\n\nNão podemos aceitar a tua oposição e vamos continuar a utilizar as tuas informações para a IA na Meta.",
    ),
    meta(
        "13-en-long-no",
        "Response to your privacy request",
        """Hello Anna,

        You asked us to stop using what you post publicly on Facebook for the development of AI at Meta, and you told us why this matters to you. We took your reasons seriously and weighed them against the interest that we and other people have in useful AI features.

        We aren't able to honor your objection in this case. Nothing changes for your account: public posts and comments may be used as described in our Privacy Policy.

        If you disagree, you can contact your data protection authority.""",
        sender=SUPPORT,
    ),
)

LATER_NOTICES = (
    meta(
        "14-en-again-in-2025",
        "Learn how we'll use your information as we improve AI at Meta",
        f"""Hi Anna,

        Last year we told you about AI at Meta. Now we're going ahead: from 27 May we'll use public posts of adults, on the basis of legitimate interests. All objection forms that we have received so far keep their effect.

        Whoever has not objected yet and wants to can still {a("object")}.""",
    ),
    meta(
        "14-de-wieder-2025",
        "Erfahre, wie wir deine Informationen im Zuge der Verbesserung von KI bei Meta verwenden",
        f"""Hallo Anna,

        im vergangenen Jahr haben wir dir zum ersten Mal von KI bei Meta berichtet. Ab dem 27. Mai 2025 ist es so weit: Wir verwenden dann öffentliche Informationen für das Training.

        Du hast das Recht zu {a("widersprechen")}. Alle Widerspruchsformulare, die wir schon haben, werden berücksichtigt.""",
    ),
)

FOR_LINKED_ACCOUNTS = (
    meta(
        "15-en-accounts-centre",
        "Your objection is in place",
        "Hi Anna,\n\nWe're honouring your objection. It applies to this Instagram account and to all other accounts in the same Accounts Centre. We won't use public information from these accounts to improve AI at Meta.",
        sender=INSTAGRAM,
    ),
    meta(
        "15-nl-accountcentrum",
        "Je bezwaar",
        "Hallo Anna,\n\nWe honoreren je bezwaar. Het geldt voor alle accounts in hetzelfde Accountcentrum. De openbare gegevens van die accounts gebruiken we niet voor AI bij Meta.",
    ),
    meta(
        "15-hr-centar-za-korisnicke-racune",
        "Tvoj prigovor",
        "Bok, Anna!\n\nUvažili smo tvoj prigovor. On vrijedi za sve račune koji se nalaze u istom Centru za korisničke račune. Javne informacije s tih računa nećemo upotrebljavati za AI tvrtke Meta.",
    ),
)

TO_ANOTHER_ADDRESS = (
    meta(
        "16-en-other-mailbox",
        "Your objection for another address",
        "Hello,\n\nThis goes to the email address that was given in the form; it need not be the one of the Instagram account. The objection for the account @anna.paints has been accepted: its public posts won't be used to develop AI at Meta.",
        sender=INSTAGRAM,
        to="Studio <studio@example.net>",
    ),
    meta(
        "16-de-andere-adresse",
        "Widerspruch eingegangen",
        "Hallo,\n\nfür ein Facebook-Konto, in dem eine andere E-Mail-Adresse hinterlegt ist, haben wir über das Formular einen Widerspruch zu KI bei Meta erhalten. Wir sehen ihn uns an und melden uns an diese Adresse.",
        to="Studio <studio@example.net>",
    ),
)

OTHER_LANGUAGE_THAN_THE_READER = (
    meta(
        "17-de-an-eine-norwegerin",
        "Wir haben deine Anfrage erhalten",
        "Hallo Kari,\n\nvielen Dank. Dein Widerspruch gegen die Verwendung deiner Informationen für KI bei Meta ist eingegangen. Unser Team sieht ihn sich an.",
        to="Kari Nordmann <kari@example.no>",
    ),
)
MIXED_LANGUAGES = (
    meta(
        "17-hr-english-link",
        "Kako upotrebljavamo tvoje informacije za AI at Meta",
        f"""Bok, Anna!

        Od 27. svibnja javne objave odraslih osoba koristit ćemo za razvoj umjetne inteligencije. Ako to ne želiš, u svakom trenutku možeš odabrati {a("object")}.

        Hvala što si dio naše zajednice.""",
    ),
)

CONFIRMATION = "Hi Ben,\n\nWe've reviewed your request and will honour your objection. Your public information on Instagram won't be used to develop AI at Meta.\n\nInstagram"
FORWARDED = (
    Mail(
        "18-en-fwd-inline",
        "Ben Carter <ben@example.com>",
        "Fwd: Your objection",
        f"Look, that was quick!\n\n---------- Forwarded message ---------\nFrom: {INSTAGRAM}\nDate: Mon, 21 Apr 2025 at 18:02\nSubject: Your objection\nTo: Ben Carter <ben@example.com>\n\n{CONFIRMATION}",
    ),
    Mail(
        "18-de-wg-outlook",
        "Jan Peters <jan@example.net>",
        "WG: Dein Widerspruch",
        f"Zur Info\n\n________________________________\nVon: {FACEBOOK}\nGesendet: Montag, 21. April 2025 18:02\nAn: Jan Peters <jan@example.net>\nBetreff: Dein Widerspruch\n\nHallo Jan,\n\nwir haben deinen Antrag geprüft und kommen deinem Widerspruch nach. Deine öffentlichen Informationen verwenden wir nicht mehr für KI bei Meta.",
    ),
    Mail(
        "18-fr-tr-notre-refus",
        "Luc Morel <luc@example.fr>",
        "TR: Votre opposition",
        f"-------- Message transféré --------\nSujet : Votre opposition\nDate : Lun, 21 avr 2025 18:02\nDe : {FACEBOOK}\nPour : Luc Morel <luc@example.fr>\n\nBonjour Luc,\n\nNous avons examiné votre demande relative à l'IA chez Meta. Nous ne pouvons pas faire droit à votre opposition.",
    ),
    Mail(
        "18-it-inoltrata-gmail",
        "Carla Neri <carla@example.it>",
        "Fwd: La tua opposizione",
        f"Guarda qui\n\n---------- Forwarded message ---------\nDa: {FACEBOOK}\nDate: lun 21 apr 2025 alle ore 18:02\nSubject: La tua opposizione\nTo: Carla Neri <carla@example.it>\n\n\nCiao Carla,\n\nabbiamo accolto la tua opposizione. I tuoi contenuti pubblici non verranno più usati per l'IA in Meta.",
    ),
    Mail(
        "18-es-rv-outlook",
        "Pilar Ruiz <pilar@example.es>",
        "RV: Tu oposición",
        f"Te lo paso.\n\nDe: {FACEBOOK}\nEnviado el: lunes, 21 de abril de 2025 18:02\nPara: Pilar Ruiz <pilar@example.es>\nAsunto: Tu oposición\n\nHola, Pilar:\n\nHemos aceptado tu oposición. No usaremos tu información pública para la IA en Meta.",
    ),
    Mail(
        "18-pt-enc-outlook",
        "Rui Costa <rui@example.pt>",
        "Enc: A tua oposição",
        f"Vê isto.\n\n________________________________\nDe: {FACEBOOK}\nEnviado: segunda-feira, 21 de abril de 2025 18:02\nPara: Rui Costa <rui@example.pt>\nAssunto: A tua oposição\n\nOlá, Rui!\n\nAceitámos a tua oposição. As tuas informações públicas não vão ser utilizadas para a IA na Meta.",
    ),
    Mail(
        "18-hr-proslijedeno",
        "Ivo Horvat <ivo@example.hr>",
        "Fwd: Tvoj prigovor",
        f"Pogledaj.\n\n---------- Forwarded message ---------\nOd: {FACEBOOK}\nDate: pon, 21. tra 2025. u 18:02\nSubject: Tvoj prigovor\nTo: Ivo Horvat <ivo@example.hr>\n\n\nBok, Ivo!\n\nUvažili smo tvoj prigovor. Tvoje javne objave nećemo koristiti za AI tvrtke Meta.",
    ),
)
FORWARDED_SAYS = {mail.name: "rejection" if mail.name == "18-fr-tr-notre-refus" else "confirmation" for mail in FORWARDED}


def attached() -> bytes:
    """A friend's mail that carries a confirmation as message/rfc822, altered on the way: no signature fits any more."""
    inner = meta(
        "18-inner", "Your objection", CONFIRMATION.replace("\n", "\n\n"), sender=INSTAGRAM, to="Ben Carter <ben@example.com>"
    ).raw()
    head = f"From: Ben Carter <ben@example.com>\r\nTo: {ANNA}\r\nSubject: Fwd: Your objection\r\nDate: Tue, 22 Apr 2025 07:30:00 +0000\r\nMIME-Version: 1.0\r\n"
    parts = b'Content-Type: multipart/mixed; boundary="part"\r\n\r\n--part\r\nContent-Type: text/plain\r\n\r\nAs attachment.\r\n--part\r\nContent-Type: message/rfc822\r\n\r\n'
    return head.encode() + parts + inner + b"\r\n--part--\r\n"


OWN_WORDS_ABOVE_QUOTES = (
    Mail(
        "19-de-eigene-antwort",
        ANNA,
        "Re: Dein Widerspruch",
        "Guten Tag,\n\ngilt das auch für mein zweites Profil, oder muss ich dafür noch einmal schreiben?\n\nAnna Sommer\n\nAm 22.04.2025 um 07:30 schrieb Facebook:\n> Hallo Anna,\n> wir haben deinen Antrag geprüft und kommen deinem Widerspruch nach.\n> Deine Informationen werden nicht mehr für KI bei Meta verwendet.",
        to=FACEBOOK,
    ),
    Mail(
        "19-en-complaint-quotes-promise",
        ANNA,
        "Complaint about Meta",
        'Dear Sir or Madam,\n\nI wish to complain about Meta. In April they wrote to me: "We\'ve reviewed your request and will honor your objection." In June my pictures turned up in an AI image all the same. I attach both.\n\nYours faithfully\nAnna Sommer',
        to="Data Protection Commission <info@authority.example>",
    ),
    Mail(
        "19-en-newsletter",
        "Privacy Weekly <letter@privacy-weekly.example>",
        "This week: what Meta answers",
        'Readers send us what they get from Meta these days. Most mails say "We will honour your objection", some "we cannot take further action". In its announcement the company writes: "If your objection is honoured, it will be applied from then on."\n\nOur advice: keep every mail. Next week: children\'s data at school.\n\nUnsubscribe at any time.',
    ),
    Mail(
        "19-fr-association",
        "Défense des libertés <lettre@libertes.example>",
        "Meta et l'IA : vos questions",
        "Chère adhérente,\n\nMeta répond à beaucoup d'entre vous : « Nous faisons droit à votre opposition ». D'autres n'ont rien reçu. Notre association vous explique dans sa lettre mensuelle comment garder une preuve, et pourquoi nous avons porté l'affaire devant les tribunaux.\n\nSoutenez notre travail par un don.",
    ),
    Mail(
        "19-fr-reponse-outlook",
        ANNA,
        "RE: Votre opposition",
        f"Bonjour,\n\nmerci. Est-ce que cela vaut aussi pour le compte de ma fille ?\n\nAnna Sommer\n\nDe : {FACEBOOK}\nEnvoyé : mardi 22 avril 2025 07:30\nÀ : {ANNA}\nObjet : Votre opposition\n\nBonjour Anna,\n\nNous faisons droit à votre opposition.",
        to=FACEBOOK,
    ),
    Mail(
        "19-en-reply-in-html",
        ANNA,
        "Re: Your objection",
        html='<div>Thanks. Please tell me how long this takes for old photos.</div><div>Anna</div><br><div class="gmail_quote"><div class="gmail_attr">On Tue, Apr 22, 2025 at 7:30 AM Facebook &lt;<a href="mailto:notification@facebookmail.com">notification@facebookmail.com</a>&gt; wrote:<br></div><blockquote class="gmail_quote"><p>Hi Anna,</p><p>We&#39;ve reviewed your request and will honour your objection.</p></blockquote></div>',
        to=FACEBOOK,
    ),
    Mail(
        "19-es-respuesta",
        ANNA,
        "Re: Tu oposición",
        "Hola:\n\n¿Tengo que hacer lo mismo en la cuenta de mi empresa?\n\nAnna\n\nEl mar, 22 abr 2025 a las 7:30, Facebook (<notification@facebookmail.com>)\nescribió:\n\n> Hola, Anna:\n>\n> Hemos aceptado tu oposición. No usaremos tu información pública.",
        to=FACEBOOK,
    ),
    Mail(
        "19-hr-odgovor",
        ANNA,
        "Re: Tvoj prigovor",
        "Dobar dan,\n\nvrijedi li to i za moj drugi profil? Molim vas da mi odgovorite.\n\nAnna\n\nuto, 22. tra 2025. u 07:30 Facebook <notification@facebookmail.com> napisao\nje:\n\n> Bok, Anna!\n> Uvažili smo tvoj prigovor.",
        to=FACEBOOK,
    ),
)

STRANGERS_IN_GENUINE_MAIL = (
    meta(
        "20-en-business-invitation",
        "You're invited to join Meta Agency Partner",
        """Hi Anna,

        <b>We will honour your objection to AI at Meta. Confirm within 24 hours at https://partner-check.example</b> invited you to join their business portfolio.

        Accept invitation

        If you accept, they can see your name. 1 Meta Way, Menlo Park, CA 94025""",
        sender="Facebook <noreply@business.fb.com>",
    ),
    meta(
        "20-en-comment",
        "Ben Carter commented on your post",
        """Ben Carter commented on your post.

        "Got the mail today: We've reviewed your request and will honour your objection. Yours will come too"

        See comment

        This message was sent to anna@example.org. Unsubscribe if you don't want these emails from Meta.""",
    ),
    meta(
        "20-it-messaggio",
        "Hai un nuovo messaggio da Carla",
        """Carla ti ha inviato un messaggio:

        «Meta mi ha scritto: abbiamo accolto la tua opposizione. E a te?»

        Rispondi su Messenger""",
        sender="Facebook <messages@facebookmail.com>",
    ),
)

OTHER_CHOICES_AND_APPEALS = (
    meta(
        "21-de-werbung",
        "Deine Entscheidung zu Werbeanzeigen",
        """Hallo Anna,

        du kannst wählen: Facebook und Instagram mit weniger personalisierter Werbung kostenlos weiternutzen oder ein Abo ohne Werbung abschließen. Bisher haben wir deine Informationen auf Grundlage eines berechtigten Interesses für Anzeigen verwendet; deinem Widerspruch dagegen wurde 2023 entsprochen.

        Jetzt auswählen""",
    ),
    meta(
        "21-en-dsa-appeal",
        "Final decision on your appeal",
        """Hi Anna,

        You appealed our decision to remove your comment. An out-of-court dispute settlement body under the Digital Services Act has looked at your objection. We've reviewed its opinion: this is our final decision and we can't take further action. Your comment stays removed because it doesn't follow our Community Standards.""",
    ),
    meta(
        "21-it-inserzioni",
        "Scegli come visualizzare le inserzioni",
        """Ciao Anna,

        ti offriamo la possibilità di scegliere come visualizzare le inserzioni: con meno personalizzazione oppure con un abbonamento senza pubblicità. La tua richiesta di opposizione al legittimo interesse per la pubblicità non è più necessaria.""",
        sender=INSTAGRAM,
    ),
    meta(
        "21-es-publicidad",
        "Hemos aceptado tu oposición",
        """Hola, Anna:

        Hemos revisado tu solicitud y aceptamos tu oposición a que usemos tu actividad con otras empresas para mostrarte anuncios. Verás los mismos anuncios que antes, pero menos personalizados.

        Puedes cambiarlo en tus preferencias de anuncios.""",
    ),
    meta(
        "21-fr-dsa",
        "Décision concernant votre réclamation",
        """Bonjour Anna,

        Vous avez contesté la suppression de votre commentaire au titre du règlement européen sur les services numériques. Après examen, nous maintenons notre décision : nous ne pouvons pas donner suite à votre demande. Cette décision est définitive.""",
        sender=INSTAGRAM,
    ),
)

PERSONALISATION_NOTICES = (
    meta(
        "22-en-personalise",
        "Learn how Meta will use your info in new ways to personalize your experience",
        """Hi Anna,

        We'll start using your interactions with AIs to personalize your experience, including the ads that you see. This takes effect on December 16, 2025.

        You can change your ad settings at any time. There is nothing that you have to do.""",
    ),
    meta(
        "22-pt-personalizar",
        "Saiba como a Meta vai usar suas informações de novas maneiras",
        """Olá, Anna!

        A partir de 16 de dezembro de 2025, vamos usar suas conversas com as IAs da Meta para personalizar o conteúdo e os anúncios que você vê.

        Você pode ajustar suas preferências de anúncios quando quiser.""",
        sender=INSTAGRAM,
    ),
    meta(
        "22-es-personalizar",
        "Usaremos tus conversaciones con la IA para personalizar tu experiencia",
        """Hola, Anna:

        A partir del 16 de diciembre, lo que hables con la IA de Meta nos servirá para mostrarte reels, grupos y anuncios que te interesen más.

        Puedes revisar tus preferencias de anuncios en cualquier momento.""",
    ),
)

OBJECTION_CODES = (
    meta(
        "23-en-code-in-subject",
        f"{CODES[0]} is the code for your objection form",
        "Hi Anna,\n\nEnter the code from the subject line to send your request about AI at Meta. It expires in an hour. Without it, your objection isn't submitted.",
    ),
    meta(
        "23-de-code-im-text",
        "Bestätige deine E-Mail-Adresse für deinen Widerspruch",
        f"Hallo Anna,\n\ngib diesen Code im Formular ein, damit dein Widerspruch zu KI bei Meta abgeschickt wird:\n\n{CODES[1]}\n\nEr läuft nach 60 Minuten ab.",
    ),
    meta(
        "23-sv-kod",
        "Din kod",
        f"Hej Anna!\n\nDin kod är {CODES[2]}. Skriv in den i formuläret för att slutföra din invändning mot att din information används för AI på Meta. Koden gäller i en timme.",
        sender=INSTAGRAM,
    ),
    meta(
        "23-it-codice-nel-link",
        "Conferma la tua opposizione",
        f"Ciao Anna,\n\nper inviare la tua opposizione all'uso delle tue informazioni per l'IA in Meta inserisci questo codice nel modulo:\n\n<a href='{FORM}?code={CODES[0]}'>{CODES[0]}</a>\n\nIl codice scade tra un'ora.",
    ),
)
OTHER_CODES = (
    meta(
        "23-en-login-code",
        f"{CODES[3]} is your Instagram code",
        f"Hi anna.paints,\n\nSomeone tried to log in to your Instagram account. If this was you, use this code: {CODES[3]}. If not, you can reset your password.",
        sender=INSTAGRAM,
    ),
)


HARD_TO_READ = (
    Mail(
        "24-en-hidden-preheader",
        FACEBOOK,
        "Your request",
        html='<span style="display:none;max-height:0">We cannot honour your objection, log in to appeal</span>Hi&nbsp;Anna,\n\nWe&rsquo;ve&nbsp;reviewed your request and will&nbsp;honour your&#8203;&nbsp;objection. Your&nbsp;public information won&rsquo;t be used for&nbsp;AI&nbsp;at&nbsp;Meta.',
    ),
    Mail(
        "24-fr-apostrophes",
        FACEBOOK,
        "Votre opposition",
        html="Bonjour&nbsp;Anna,\n\nNous avons&nbsp;accepté votre&nbsp;opposition. Nous n’utiliserons plus vos informations pour l’IA&nbsp;chez&nbsp;Meta&nbsp;; vous n’avez rien d’autre à&nbsp;faire.",
    ),
    Mail(
        "24-de-weiche-trennung",
        FACEBOOK,
        "Dein Widerspruch",
        html="Hallo Anna,\n\n&rlm;wir kommen deinem Wider&shy;spruch <b>n</b>ach&lrm;. Deine Infor&shy;matio&shy;nen werden nicht mehr für KI bei Meta ver&shy;wendet.",
    ),
    Mail(
        "24-it-alternativa-vuota",
        INSTAGRAM,
        "La tua opposizione",
        html="<style>.x{color:#fff}</style><!-- non possiamo accogliere la tua opposizione -->Ciao&nbsp;Anna,\n\n<span>abbiamo </span><span>accol</span><span>to la tua&nbsp;op&#8203;posizione</span>: i&nbsp;tuoi contenuti pubblici non&nbsp;verranno usati per l&#8217;IA in&nbsp;Meta.",
    ),
)


def windows_quotes() -> bytes:
    """A confirmation with the apostrophes of Windows under the name of another charset."""
    head = f"From: {FACEBOOK}\r\nTo: {ANNA}\r\nSubject: Your request\r\nDate: Tue, 22 Apr 2025 07:30:00 +0000\r\nMIME-Version: 1.0\r\n"
    kind = "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    body = "Hi Anna,\r\n\r\nWe’ve reviewed your request and we’ll honour your objection. Your posts won’t be used for AI at Meta.\r\n"
    return head.encode() + kind.encode() + body.encode("cp1252")


def broken_lines() -> bytes:
    """A rejection in quoted-printable whose soft line breaks fall into the middle of the deciding words."""
    head = f"From: {SUPPORT}\r\nTo: {ANNA}\r\nSubject: Your request\r\nDate: Tue, 22 Apr 2025 07:30:00 +0000\r\nMIME-Version: 1.0\r\n"
    kind = "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    body = "<p>Hi Anna,</p><p>thank you for writing about AI at Meta. We are un=\r\nable to hon=\r\nour your ob=\r\njection=E2=80=8A and can=\r\nnot take fur=\r\nther action.</p>\r\n"
    return (head + kind + body).encode()


def _encoded(subject: str, charset: str, method: str) -> str:
    """A subject in RFC 2047 words, one per eleven characters, folded."""
    chunks = [subject[i : i + 11] for i in range(0, len(subject), 11)]
    if method == "b":
        words = [f"=?{charset}?b?{base64.b64encode(chunk.encode(charset)).decode()}?=" for chunk in chunks]
    else:
        words = [f"=?{charset}?q?" + "".join(f"={byte:02X}" for byte in chunk.encode(charset)) + "?=" for chunk in chunks]
    return "\r\n ".join(words)


ENCODED_SUBJECTS = {
    "25-de-betreff-q": (
        "Erfahre, wie wir deine Informationen im Zuge der Verbesserung von KI bei Meta verwenden",
        "utf-8",
        "q",
        f"Hallo Anna,\r\n\r\nöffentliche Beiträge von Erwachsenen werden ab dem 27. Mai für KI bei Meta verwendet. Du kannst dem widersprechen: {FORM}\r\n",
        "notice",
    ),
    "25-fr-objet-b": (
        "Découvrez comment nous utiliserons vos informations à mesure que nous améliorons l’IA de Meta",
        "utf-8",
        "b",
        f"Bonjour Anna,\r\n\r\nLes publications publiques des adultes serviront dès le 27 mai à améliorer l’IA de Meta. Vous pouvez vous y opposer : {FORM}\r\n",
        "notice",
    ),
    "25-pl-temat-iso": (
        "Twój sprzeciw został uwzględniony: SI w Meta",
        "iso-8859-2",
        "q",
        "Cześć, Anno!\r\n\r\nUwzględniliśmy Twój sprzeciw. Nie będziemy wykorzystywać Twoich publicznych informacji do rozwoju SI w Meta.\r\n",
        "confirmation",
    ),
}
"""Name → (subject, charset, encoding, text, outcome)."""


def encoded_subject(name: str) -> bytes:
    """One of them as bytes."""
    subject, charset, method, text, _ = ENCODED_SUBJECTS[name]
    head = f"From: {FACEBOOK}\r\nTo: {ANNA}\r\nSubject: {_encoded(subject, charset, method)}\r\nDate: Tue, 22 Apr 2025 07:30:00 +0000\r\n"
    kind = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return (head + kind + text).encode()


SUBJECT_IS_NOT_ALL = (
    meta(
        "25-en-notice-subject-above-confirmation",
        "Learn how we'll use your information as we improve AI at Meta",
        "Hi Anna,\n\nThank you for the form that you sent after our last mail. We've accepted your objection and won't use your public information to improve AI at Meta.",
    ),
    Mail(
        "25-de-nur-der-betreff",
        "Jan Peters <jan@example.net>",
        "Erfahre, wie wir deine Informationen im Zuge der Verbesserung von KI bei Meta verwenden",
        "Hallo Anna,\n\nhast du diese Mail auch bekommen? Ich lösche so etwas sonst immer. Kommst du am Sonntag zum Grillen?\n\nJan",
    ),
)

ONLY_A_LINK = (
    meta(
        "26-en-object",
        "Updates to how AI at Meta works",
        f"Hi Anna,\n\nFrom 27 May we'll use public posts to make AI at Meta better. Read <a href='{tracked('https://www.facebook.com/privacy/genai')}'>more</a> or {a('object')}.\n\n<a href='https://www.instagram.com/_n/emaillogin?uid=9f8e7d6c&amp;token=9f8e7d6c'>Log in</a> <a href='https://www.instagram.com/accounts/password/reset/confirm/x1/9f8e7d6c/'>Secure your account</a> <a href='{tracked(POLICY)}'>{tracked(POLICY)}</a>",
    ),
    meta(
        "26-fr-opposer",
        "L'IA de Meta évolue",
        f"Bonjour Anna,\n\nÀ compter du 27 mai, les contenus publics nous aideront à améliorer l'IA de Meta. Vous préférez vous y <a href='{redirected(INSTAGRAM_FORM)}'>opposer</a> ?",
        sender=INSTAGRAM,
    ),
    meta(
        "26-es-oponerte",
        "La IA en Meta mejora",
        f"Hola, Anna:\n\nDesde el 27 de mayo, el contenido público servirá para mejorar la IA en Meta. También puedes <a href='{safelink(tracked(FORM, 'es-es.facebook.com').replace('&amp;', '&'))}'>oponerte</a>.",
    ),
    meta(
        "26-de-whatsapp",
        "WhatsApp und KI",
        f"Hallo Anna,\n\nUnterhaltungen mit den KI-Funktionen in WhatsApp verwenden wir bald, um KI bei Meta zu verbessern. Dem kannst du <a href='{redirected(WHATSAPP_FORM, 'l.facebook.com/l.php')}'>widersprechen</a>.",
        sender=WHATSAPP,
    ),
)
FORMS_BEHIND = {
    "26-en-object": (FORM, "object", "facebook"),
    "26-fr-opposer": (INSTAGRAM_FORM, "opposer", "instagram"),
    "26-es-oponerte": (FORM, "oponerte", "facebook"),
    "26-de-whatsapp": (WHATSAPP_FORM, "widersprechen", "whatsapp"),
}
"""Name → (address of the form, words of its link, product)."""

BROKEN = (
    Mail(
        "27-fr-formulaire-supprime",
        ANNA,
        "Formulaire introuvable",
        "Bonjour,\n\nj'ai voulu m'opposer à l'utilisation de mes photos pour l'IA de Meta, mais le formulaire indiqué dans votre mail a été supprimé : « Cette page n'existe plus ». Où dois-je m'adresser ?\n\nAnna Sommer",
        to=SUPPORT,
    ),
    Mail(
        "27-en-page-loads-but-empty",
        ANNA,
        "Opt-out link does not work",
        'Hello,\n\nI clicked "object" in your email about AI at Meta. The page does load, with your logo and everything, but all it says is "This content isn\'t available right now". There is no form on it. I tried on three days.\n\nAnna Sommer',
        to=SUPPORT,
    ),
    Mail(
        "27-de-regionssperre",
        "Jan Peters <jan@example.net>",
        "Meta-Formular",
        "Hi Anna,\n\nich wollte gestern bei Meta gegen das KI-Training widersprechen, aber der Link geht bei mir nicht: »In deiner Region nicht verfügbar«. Dabei sitze ich in Bremen. Klappt er bei dir?\n\nJan",
    ),
    meta(
        "27-en-form-retired",
        "The objection form has been replaced",
        "Hi Anna,\n\nThe contact form for objecting to AI at Meta on Instagram no longer exists, and requests made there since 3 August have not been received. Please use <a href='https://help.meta.com/support/privacy?ref=mail&amp;token=9f8e7d6c'>the new page for privacy requests</a> instead.",
        sender=INSTAGRAM,
    ),
)
NOT_BROKEN = (
    Mail(
        "27-en-login-wall",
        "Ben Carter <ben@example.com>",
        "Re: that Meta form",
        "Hi Anna,\n\nit works fine here. You only have to log in to Facebook first, in the same browser, then the form opens and you can object to the AI thing. Took me two minutes.\n\nBen",
    ),
)
LOGIN_WALL_NOTICES = (
    meta(
        "27-en-login-first",
        "How we'll use your information for AI at Meta",
        f"Hi Anna,\n\nWe'll soon use public posts to improve AI at Meta, based on legitimate interests. You have the right to {a('object')}. You may be asked to log in before the form opens.",
    ),
)

CHAIN_LETTERS = (
    Mail(
        "29-en-goodbye",
        "Aunt Carol <carol@example.com>",
        "Fw: Goodbye Meta AI - IMPORTANT",
        "Goodbye Meta AI. Please note an attorney has advised us to post this; failure to do so may have legal consequences. As Meta is now a public entity, all members must post a similar statement.\n\nI do not give Meta or anyone else permission to use any of my personal data, profile information or photos.\n\nCopy and paste this, don't share!",
    ),
    Mail(
        "29-es-cadena",
        "Tía Pilar <pilar@example.es>",
        "Copiar y pegar ya",
        "Adiós, Meta AI. Un abogado nos ha aconsejado publicar esto. No autorizo a Meta ni a nadie a usar mis datos personales, mis fotos ni mis mensajes. Me opongo a todo uso de mi información por la inteligencia artificial.\n\nCopia y pega este texto en tu muro, no lo compartas. ¡Funciona!",
    ),
    Mail(
        "29-de-kettenbrief",
        "Onkel Horst <horst@example.net>",
        "Bitte weiterleiten",
        "Auf Wiedersehen, Meta AI! Ein Anwalt rät, diesen Text zu veröffentlichen. Hiermit widerspreche ich der Nutzung meiner Daten, Bilder und Beiträge durch Meta und seine KI. Ein Widerspruch in dieser Form ist rechtlich bindend.\n\nKopieren, einfügen, an alle Freunde schicken!",
    ),
)

APPEALS = (
    meta(
        "30-en-appeal",
        "We've reviewed your appeal",
        "Hi Anna,\n\nWe've reviewed your request again and agree with you: your photo does follow our Community Standards. We've put it back on Instagram. Thanks for letting us take another look.",
        sender=INSTAGRAM,
    ),
    meta(
        "30-de-einspruch",
        "Dein Einspruch wurde geprüft",
        "Hallo Anna,\n\nwir haben deinen Einspruch geprüft und ihn abgelehnt. Dein Konto bleibt gesperrt, weil die Aktivität nicht unseren Gemeinschaftsstandards entspricht. Diese Entscheidung ist endgültig.",
    ),
    meta(
        "30-fr-appel",
        "Votre demande a été examinée",
        "Bonjour Anna,\n\nNous avons examiné votre demande et rétabli votre compte. Il avait été désactivé par erreur. Nous sommes désolés pour la gêne occasionnée.",
    ),
)

AUTHENTIC_TEXT = (
    "Hi Anna,\n\nWe've reviewed your request and will honour your objection. Your public information won't be used to develop AI at Meta."
)
PRETENDERS = (
    meta(
        "31-en-planted-results",
        "Your objection",
        AUTHENTIC_TEXT,
        headers=(
            ("Authentication-Results", "mx.example.org; dkim=pass header.d=facebookmail.com; dmarc=pass header.from=facebookmail.com"),
            ("X-Mailer", "ZuckMail [version 1.00]"),
        ),
    ),
    meta("31-en-look-alike", "Your objection", AUTHENTIC_TEXT, sender="Facebook <notification@facebookmail.com.evil.example>"),
    meta("31-en-display-name", "Your objection", AUTHENTIC_TEXT, sender="Meta Privacy <meta.privacy@evil.example>"),
    meta("31-en-name-holds-address", "Your objection", AUTHENTIC_TEXT, sender='"notification@facebookmail.com" <x@evil.example>'),
)


def two_senders() -> bytes:
    """A mail with two From headers, the honest one first."""
    raw = meta("31-en-two-from", "Your objection", AUTHENTIC_TEXT).raw()
    return raw.replace(b"\r\nTo:", b"\r\nFrom: Meta Privacy <meta.privacy@evil.example>\r\nTo:", 1)


JUNK = meta(
    "32-en-in-junk",
    "Your objection",
    AUTHENTIC_TEXT,
    headers=(("X-Spam-Flag", "YES"), ("X-Spam-Status", "Yes, score=7.1"), ("X-Gmail-Labels", "Spam,Category Promotions")),
)
IN_INBOX = meta("32-en-in-inbox", "Your objection", AUTHENTIC_TEXT, headers=(("X-Gmail-Labels", "Inbox,Important"),))

PLAIN: tuple[tuple[Mail, ...], ...] = (
    CONFIRMED_WITH_MANY_OBJECTIONS,
    NOTICES_WITH_IF,
    NOTICES_THAT_PROMISE_A_MAIL,
    NOTICES_TO_WHO_OBJECTED_BEFORE,
    CONFIRMED_BUT_MAY_STILL,
    SPELLINGS,
    REVIEWED,
    UNDER_REVIEW,
    RECEIPTS_IN_FUTURE_TENSE,
    REJECTED_IN_ONE_CLAUSE,
    REFUSED_UNLESS,
    NOT_AUTOMATICALLY,
    NOT_AUTOMATICALLY_BUT_MORE_NEEDED,
    THIRD_PARTY_REFUSALS,
    HONOURED_NOT_USED,
    NOT_HONOURED_USED,
    LATER_NOTICES,
    FOR_LINKED_ACCOUNTS,
    TO_ANOTHER_ADDRESS,
    OTHER_LANGUAGE_THAN_THE_READER,
    MIXED_LANGUAGES,
    FORWARDED,
    OWN_WORDS_ABOVE_QUOTES,
    STRANGERS_IN_GENUINE_MAIL,
    OTHER_CHOICES_AND_APPEALS,
    PERSONALISATION_NOTICES,
    OBJECTION_CODES,
    OTHER_CODES,
    HARD_TO_READ,
    SUBJECT_IS_NOT_ALL,
    ONLY_A_LINK,
    BROKEN,
    NOT_BROKEN,
    LOGIN_WALL_NOTICES,
    CHAIN_LETTERS,
    APPEALS,
    PRETENDERS,
)


def unsigned() -> Iterator[tuple[str, bytes]]:
    """All mails as (name, raw), none with a signature."""
    for group in PLAIN:
        yield from ((mail.name, mail.raw()) for mail in group)
    yield "18-en-attached", attached()
    yield "24-en-soft-breaks", broken_lines()
    yield "24-en-windows-quotes", windows_quotes()
    yield from ((name, encoded_subject(name)) for name in ENCODED_SUBJECTS)
    yield "31-en-two-from", two_senders()


def signed(key: SigningKey) -> Iterator[tuple[str, bytes]]:
    """Mails of the cases about trust as (name, raw), with every kind of signature."""
    yield "18-en-fwd-inline", FORWARDED[0].signed(key, "evil.example")
    for mail in (*STRANGERS_IN_GENUINE_MAIL[1:], JUNK):
        yield mail.name, mail.signed(key)
    for mail in PRETENDERS:
        yield mail.name, mail.signed(key, "evil.example")
    yield "31-en-two-from", key.sign(two_senders(), "facebookmail.com")
    yield IN_INBOX.name, IN_INBOX.raw()


def on(day: int, year: int = 2024, month: int = 6) -> datetime:
    """Noon of a day."""
    return datetime(year, month, day, 12, 0, tzinfo=UTC)


NOTICE_2024 = meta("life-1", NOTICES_WITH_IF[0].subject, NOTICES_WITH_IF[0].html, sent=on(1), to="Anna <anna@home.example>")
CONFIRMATION_2024 = meta(
    "life-2",
    "Your objection",
    "Hi Anna,\n\nWe've reviewed your request and will honour your objection. It applies to all accounts in the same Accounts Centre as this Facebook account. We won't use your public information to develop AI at Meta.",
    sent=on(3),
    to="Anna <anna@work.example>",
)
THIRD_PARTY_REFUSAL_2024 = meta(
    "life-3", THIRD_PARTY_REFUSALS[0].subject, THIRD_PARTY_REFUSALS[0].html, sender=SUPPORT, sent=on(20), to="Anna <anna@work.example>"
)
NOTICE_2025 = meta("life-4", LATER_NOTICES[0].subject, LATER_NOTICES[0].html, sent=on(22, 2025, 4), to="Anna <anna@home.example>")


def life(key: SigningKey) -> Iterable[tuple[str, bytes]]:
    """What one person got over a year at two addresses, with three mails among it that must not count."""
    for mail in (NOTICE_2024, CONFIRMATION_2024, THIRD_PARTY_REFUSAL_2024, NOTICE_2025):
        yield mail.name, mail.signed(key)
    yield "life-forwarded", FORWARDED[0].signed(key, "evil.example")
    yield "life-comment", STRANGERS_IN_GENUINE_MAIL[1].signed(key)
    yield "life-two-senders", key.sign(two_senders(), "facebookmail.com")
