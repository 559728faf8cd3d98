"""Notices as the systems of the world word them, written after them for these tests: subject, words, and what they are."""

from typing import Final

Made = tuple[str, str | None, str | None]
"""Kind, blame, reason."""

GONE: Final[Made] = ("bounce", "hard", "mailbox_unknown")
FULL: Final[Made] = ("bounce", "soft", "mailbox_full")
OLD: Final[Made] = ("bounce", "soft", "expired")
POLICY: Final[Made] = ("bounce", "policy", "refused_by_policy")
NO_DOMAIN: Final[Made] = ("bounce", "hard", "domain_unknown")
LATE: Final[Made] = ("delayed", None, None)
AWAY: Final[Made] = ("auto_reply", None, None)

WORDED: Final[dict[str, tuple[str, str, Made]]] = {
    # German
    "de_exchange": (
        "Unzustellbar: Ihr Termin",
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Verteilerlisten:\n\nann@a.example\nDie von Ihnen eingegebene "
        "E-Mail-Adresse konnte nicht gefunden werden. Überprüfen Sie die Adresse, und senden Sie die Nachricht erneut.",
        GONE,
    ),
    "de_webmail": (
        "Adresse nicht gefunden",
        "Ihre Nachricht wurde nicht an ann@a.example zugestellt, weil die Adresse nicht gefunden wurde oder keine E-Mails empfangen kann.",
        GONE,
    ),
    "de_full": (
        "Zustellung fehlgeschlagen",
        "Ihre E-Mail an ann@a.example konnte nicht zugestellt werden, da das Postfach des Empfängers voll ist.",
        FULL,
    ),
    "de_quota": (
        "Nicht zugestellt",
        "ann@a.example: Der Speicherplatz des Empfängers ist erschöpft, Kontingent überschritten.",
        FULL,
    ),
    "de_expired": (
        "Unzustellbar",
        "Die Nachricht an ann@a.example konnte nach mehreren Versuchen nicht zugestellt werden. Zeitüberschreitung beim Verbindungsaufbau.",
        OLD,
    ),
    "de_policy": ("Unzustellbar", "Ihre Nachricht an ann@a.example wurde als Spam abgelehnt.", POLICY),
    "de_domain": ("Unzustellbar", "ann@a.example: Die Domäne des Empfängers existiert nicht.", NO_DOMAIN),
    "de_late": (
        "Zustellung verzögert",
        "Die Zustellung Ihrer Nachricht an ann@a.example verzögert sich. Sie müssen die Nachricht nicht noch einmal senden.",
        LATE,
    ),
    "de_closed": (
        "Unzustellbar",
        "ann@a.example: Das Konto wurde deaktiviert.",
        ("bounce", "hard", "mailbox_disabled"),
    ),
    # Spanish
    "es_webmail": (
        "No se ha encontrado la dirección",
        "Tu mensaje no se ha entregado a ann@a.example porque no se ha encontrado la dirección o esta no puede recibir correo.",
        GONE,
    ),
    "es_unknown": ("Correo devuelto", "El mensaje no pudo ser entregado. ann@a.example: el usuario no existe.", GONE),
    "es_full": (
        "No se pudo entregar el mensaje",
        "No se pudo entregar su mensaje a ann@a.example. El buzón del destinatario está lleno.",
        FULL,
    ),
    "es_late": (
        "Retraso en la entrega",
        "La entrega de su mensaje a ann@a.example se ha retrasado. Seguiremos intentándolo.",
        LATE,
    ),
    "es_policy": (
        "Mensaje rechazado",
        "Su mensaje a ann@a.example fue rechazado por considerarse spam y no se ha entregado.",
        POLICY,
    ),
    "es_expired": (
        "Mensaje no entregado",
        "ann@a.example: se agotó el tiempo de espera; no se pudo entregar el mensaje.",
        OLD,
    ),
    # French
    "fr_webmail": (
        "Adresse introuvable",
        "Votre message n'a pas été remis à ann@a.example, car l'adresse est introuvable ou ne peut pas recevoir de messages.",
        GONE,
    ),
    "fr_unknown": (
        "Échec de la remise",
        "Le message n’a pas pu être remis. ann@a.example : utilisateur inconnu.",
        GONE,
    ),
    "fr_full": (
        "Non remis : Votre rendez-vous",
        "La boîte aux lettres du destinataire ann@a.example est pleine.",
        FULL,
    ),
    "fr_late": (
        "Remise différée",
        "La remise de votre message à ann@a.example est retardée. Il n'est pas nécessaire de le renvoyer.",
        LATE,
    ),
    "fr_policy": (
        "Message refusé",
        "Votre message à ann@a.example a été rejeté car il est considéré comme du spam.",
        POLICY,
    ),
    "fr_expired": (
        "Échec de la remise",
        "ann@a.example : délai d'attente dépassé, le message n'a pas pu être remis.",
        OLD,
    ),
    # Portuguese
    "pt_webmail": (
        "Endereço não encontrado",
        "Sua mensagem não foi entregue a ann@a.example porque o endereço não foi encontrado ou não pode receber e-mails.",
        GONE,
    ),
    "pt_unknown": ("Falha na entrega", "A mensagem não pôde ser entregue. ann@a.example: usuário desconhecido.", GONE),
    "pt_full": (
        "Falha na entrega",
        "Não foi possível entregar a mensagem: a caixa de correio de ann@a.example está cheia.",
        FULL,
    ),
    "pt_late": (
        "Entrega atrasada",
        "A entrega da sua mensagem para ann@a.example está atrasada. Continuaremos tentando.",
        LATE,
    ),
    # Japanese
    "ja_webmail": (
        "アドレス不明",
        "ann@a.example にメールを配信できませんでした。アドレスが見つからないか、メールを受信できません。",
        GONE,
    ),
    "ja_unknown": (
        "配信不能通知",
        "次の宛先へのメールは配信できませんでした。\nann@a.example\n宛先のユーザーが存在しません。",
        GONE,
    ),
    "ja_full": ("メール配信エラー", "ann@a.example のメールボックスの容量を超過したため、配信できませんでした。", FULL),
    "ja_late": ("配信遅延", "ann@a.example へのメールの配信が遅延しています。再送の必要はありません。", LATE),
    # Chinese
    "zh_webmail": ("找不到地址", "您的邮件未送达 ann@a.example，因为系统找不到该地址，或者该地址无法接收邮件。", GONE),
    "zh_unknown": ("系统退信", "抱歉，您的邮件被退回来了。ann@a.example：收件人邮件地址不存在，邮件无法送达。", GONE),
    "zh_full": ("退信", "您的邮件无法投递到 ann@a.example，对方邮箱空间不足。", FULL),
    "zh_tw": ("郵件無法遞送", "您的郵件無法傳遞給 ann@a.example，收件人不存在。", GONE),
    "zh_late": ("邮件延迟通知", "您发给 ann@a.example 的邮件延迟投递，系统将继续尝试，无需重新发送。", LATE),
    "zh_policy": ("退信", "您发给 ann@a.example 的邮件被拒绝，原因：垃圾邮件。", POLICY),
    # Others
    "it_unknown": (
        "Mancato recapito",
        "Il messaggio non è stato recapitato. ann@a.example: indirizzo inesistente.",
        GONE,
    ),
    "it_full": ("Mancato recapito", "Impossibile recapitare il messaggio: la casella di ann@a.example è piena.", FULL),
    "nl_unknown": ("Niet bezorgd", "Uw bericht kon niet worden bezorgd. ann@a.example: ontvanger onbekend.", GONE),
    "pl_unknown": (
        "Niedostarczona wiadomość",
        "Wiadomość nie mogła zostać dostarczona. ann@a.example: użytkownik nieznany.",
        GONE,
    ),
    "ru_unknown": (
        "Недоставленное сообщение",
        "Сообщение не может быть доставлено. ann@a.example: пользователь не найден.",
        GONE,
    ),
    "ru_full": ("Ошибка доставки", "Письмо не доставлено: почтовый ящик ann@a.example переполнен.", FULL),
    "ko_unknown": ("반송된 메일", "메일 전송 실패: ann@a.example 수신자 주소를 찾을 수 없습니다.", GONE),
    "sv_unknown": (
        "Kunde inte levereras",
        "Meddelandet kunde inte levereras till ann@a.example: mottagaren finns inte.",
        GONE,
    ),
    # English, by system
    "exchange": (
        "Undeliverable: Your appointment",
        "Your message did not reach some or all of the intended recipients.\n\n      Subject: Your appointment\n\nThe following recipient(s) "
        "cannot be reached:\n\n      ann@a.example on 3/2/2026 9:00 AM\n            The e-mail account does not exist at the organization this "
        "message was sent to.  Check the e-mail address.\n            <mx.a.example #5.1.1>",
        GONE,
    ),
    "office365": (
        "Undeliverable: Your appointment",
        "Your message to ann@a.example couldn't be delivered.\nann wasn't found at a.example.\n\nMore Info for Email Admins\n"
        "Status code: 550 5.1.10\n",
        ("bounce", "hard", "domain_without_mail"),
    ),
    "exim": (
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of "
        "its recipients. This is a permanent error. The following address(es) failed:\n\n  ann@a.example\n    host mx.a.example [192.0.2.1]\n"
        "    SMTP error from remote mail server after RCPT TO:<ann@a.example>:\n    550 5.1.1 <ann@a.example>: Recipient address rejected: "
        "User unknown",
        GONE,
    ),
    "exim_full": (
        "Mail delivery failed: returning message to sender",
        "A message that you sent could not be delivered to all of its recipients. The following address(es) failed:\n\n  ann@a.example\n"
        "    mailbox is full: retry timeout exceeded",
        FULL,
    ),
    "exim_late": (
        "Warning: message 1abcDE-000000-00 delayed 24 hours",
        "A message that you sent has not yet been delivered to one or more of its recipients after more than 24 hours on the queue.\n\n"
        "The address to which the message has not yet been delivered is:\n\n  ann@a.example\n    Delay reason: host mx [192.0.2.1]: 451 later\n"
        "\nNo action is required on your part. Delivery attempts will continue for some time.",
        LATE,
    ),
    "qmail": (
        "failure notice",
        "Hi. This is the qmail-send program at q.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        "<ann@a.example>:\nSorry, no mailbox here by that name. (#5.1.1)",
        GONE,
    ),
    "postfix": (
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.example.net.\n\n<ann@a.example>: host mx.a.example[192.0.2.1] said: 452 4.2.2 The email account "
        "that you tried to reach is over quota (in reply to RCPT TO command)",
        FULL,
    ),
    "notes": (
        "DELIVERY FAILURE: User ann (ann@a.example) not listed in Domino Directory",
        "Your message\n\n  Subject: Your appointment\n\nwas not delivered to:\n\n  ann@a.example\n\nbecause:\n\n  User ann (ann@a.example) not "
        "listed in Domino Directory",
        GONE,
    ),
    "gmail": (
        "Delivery Status Notification (Failure)",
        "** Address not found **\n\nYour message wasn't delivered to ann@gmail.example because the address couldn't be found, or is unable to "
        "receive mail.\n\nThe response was:\n\n550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking "
        "the recipient's email address for typos or unnecessary spaces. Learn more at https://support.example/?p=NoSuchUser x-20 - gsmtp",
        GONE,
    ),
    "gmail_policy": (
        "Delivery Status Notification (Failure)",
        "** Message blocked **\n\nYour message to ann@gmail.example has been blocked. The response was:\n\n550-5.7.26 This mail is "
        "unauthenticated, which poses a security risk to the sender and Gmail users, and has been blocked. gsmtp",
        ("bounce", "policy", "sender_auth"),
    ),
    "yahoo": (
        "Failure Notice",
        "Sorry, we were unable to deliver your message to the following address.\n\n<ann@yahoo.example>:\n554: delivery error: dd This user "
        "doesn't have a yahoo.example account (ann@yahoo.example) [0] - mta1.mail.example",
        GONE,
    ),
    "gmx": (
        "Mail delivery failed: returning message to sender",
        "A message that you sent could not be delivered to one or more of its recipients. The following address failed:\n\n"
        "<ann@gmx.example>:\nSMTP error from remote server for RCPT TO command, host: mx00.gmx.example (192.0.2.1) reason: 550 Requested "
        "action not taken: mailbox unavailable\n",
        ("bounce", "soft", "recipient_refused"),
    ),
    "t_online": (
        "Mail could not be delivered",
        "|------------------------- Message log follows: -------------------------|\n no valid recipients were found for this message\n"
        "|------------------------- Failed addresses follow: ---------------------|\n <ann@t-online.example> ... unknown user\n"
        "|------------------------- Message text follows: ------------------------|\nReceived: from x\nSubject: Your appointment\n",
        GONE,
    ),
    "block_list": (
        "Undelivered Mail Returned to Sender",
        "<ann@a.example>: host mx.a.example said: 550 5.1.1 Service unavailable; client host [192.0.2.9] blocked using zen.spamhaus.example",
        POLICY,
    ),
    "attempts_continue": (
        "Delivery failure notification",
        "Your message could not be delivered to the following recipients:\n\nann@a.example\n\nPlease do not resend your original message.\n\n"
        "Delivery attempts will continue to be made for 5 days.",
        LATE,
    ),
    "nothing_known": (
        "Undelivered Mail Returned to Sender",
        "Something went wrong with your message to ann@a.example. It was not delivered.",
        ("bounce", "soft", "not_deliverable"),
    ),
}
"""All come from a mail system with the null sender and name ann as the one who failed, but for domains of their own."""

AWAY_SUBJECTS: Final = (
    "Automatic reply: Your appointment", "Out of Office: Your appointment", "Abwesenheitsnotiz: Ihr Termin", "Automatische Antwort: Ihr Termin",
    "Réponse automatique : Votre rendez-vous", "Absence du bureau", "Respuesta automática: Su cita", "Fuera de la oficina",
    "Resposta automática: Sua consulta", "Risposta automatica: appuntamento", "Automatisch antwoord: Uw afspraak", "自動応答: ご予約",
    "自動返信メール", "自动回复: 您的预约", "自動回覆：您的預約", "자동 회신: 예약", "Автоматический ответ: запись", "Odpowiedź automatyczna: wizyta",
    "Autosvar: Din tid", "Automatické odpověď: termín",
)  # fmt: skip

AWAY_TEXTS: Final = (
    "I am currently out of the office and will return on Monday.",
    "Thank you for your email. I am on annual leave until 9 March with limited access to email.",
    "Vielen Dank für Ihre Nachricht. Ich bin bis zum 9. März im Urlaub und lese keine E-Mails.",
    "Ich bin derzeit nicht im Büro erreichbar.",
    "Je suis actuellement en congés, je vous répondrai à mon retour.",
    "Bonjour, je suis absente du bureau jusqu'au 9 mars.",
    "Estoy de vacaciones hasta el 9 de marzo.",
    "Estaré fuera de la oficina hasta el lunes.",
    "Estou de férias até 9 de março.",
    "Sono fuori ufficio fino al 9 marzo.",
    "Ik ben momenteel niet op kantoor.",
    "現在休暇をいただいております。3月9日に戻ります。",
    "我目前不在办公室，3月9日回来。",
    "Я сейчас в отпуске до 9 марта.",
)

REFUSALS: Final = (
    "stop", "STOP!", "Stop please.", "unsubscribe", "Please unsubscribe me", "remove me", "Please remove me from your list. Thanks, Ann", "opt out",
    "take me off this list", "no more emails please", "don't email me again", "do not contact me anymore", "stop sending me these emails",
    "Baja", "dar de baja", "Por favor, denme de baja", "No me envíen más correos", "no quiero recibir más correos", "Quítenme de la lista",
    "cancelar suscripción", "Deje de enviarme correos", "Eliminarme de la lista por favor", "borrar", "Ya no quiero recibir mensajes",
    "No más correos, gracias", "Dejen de escribirme", "no deseo recibir sus correos", "desuscribir", "Remuévanme de su lista",
    "Abmelden", "Bitte keine E-Mails mehr", "désabonnez-moi", "退订", "配信停止",
)  # fmt: skip

NO_REFUSALS: Final = (
    "Can we stop by at 3 pm instead of 2?", "Please remove the crown we talked about", "I need to cancel my appointment", "no",
    "Yes, I will be there", "My tooth hurts, please call me", "Necesito cancelar mi cita del lunes", "¿Puedo pasar a las 3?",
    "Quiero cambiar la hora de mi cita", "Gracias, ahí estaré", "No puedo ir el lunes", "Do not forget my insurance card this time",
    "I want to opt for the whitening", "Please stop the pain", "Bitte den Termin absagen",
)  # fmt: skip
