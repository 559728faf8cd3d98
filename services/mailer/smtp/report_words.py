"""The words mail systems use for a failure, per reason and in the languages they speak, for reports without numbers.

Kept apart from the mechanism: a new language is a line here. Order matters, the first match names the reason: what blames nobody stands before
what blames the address, because a full mailbox taken for a dead one loses a consumer for good (N-96).
"""

import re
from typing import Final

_FULL: Final = (
    r"(mailbox|inbox|mail box|account|quota|user|recipient|storage|disk)[^.\n]{0,40}\b(is |has |was )?(full|"
    r"exceed|over ?quota|over (the |its |disk )?(quota|limit|size)|out of)|"
    r"over ?quota|quota[^.\n]{0,20}exceed|exceeded?[^.\n]{0,30}(quota|storage|mailbox|local limit|"
    r"allowed size)|mailbox (size|limit)|insufficient[^.\n]{0,15}storage|"
    r"(postfach|mailbox|speicher|kontingent)[^.\n]{0,60}(voll|überschritten|erschöpft|überfüllt)|bo[iî]te[^.\n]{0,60}pleine|"
    r"quota[^.\n]{0,20}dépass|buz[oó]n[^.\n]{0,60}lleno|"
    r"casella[^.\n]{0,60}piena|caixa[^.\n]{0,60}cheia|(postvak|mailbox)[^.\n]{0,20}vol\b|"
    r"ящик[^.\n]{0,30}(переполнен|заполнен)|"
    r"skrzynka[^.\n]{0,30}(pełna|przepełniona)|容量.{0,20}(超|オーバー|一杯|いっぱい)|(邮箱|郵箱|信箱).{0,10}(已满|已滿|空间不足|空間不足)|"
    r"사서함.{0,10}(가득|초과)"
)
_POLICY: Final = (
    r"(rejected|refused|blocked|denied|bounced)[^\n]{0,60}(spam|policy|filter|content|black ?list|block ?list|"
    r"reputation|virus)|"
    r"(spam|virus|black ?list|block ?list|reputation|dmarc|\bspf\b|\bdkim\b|reverse dns|\brdns\b|"
    r"policy)[^\n]{0,80}(reject|refus|block|den|fail|missing|invalid|not accept)|"
    r"(missing|invalid|no|failed)[^\n]{0,30}(reverse dns|rdns|ptr record)|open relay|"
    r"relay(ing)? (access )?(denied|not (allowed|permitted))|unable to relay|"
    r"invalid ip for sending|not accept(ed|ing)?[^\n]{0,40}(your|this) (ip|server|network)|(rejected|"
    r"refused) by (a |the )?(remote mail server|domain filter|policy)|"
    r"message (size|too (large|big))|(size|line) limit[^\n]{0,20}exceed|exceed[^\n]{0,30}(maximum|max|allowed|"
    r"fixed) (message |mail )?size|too many hops|hop count|mail loop|routing loop|"
    r"nachricht[^\n]{0,30}zu gro(ß|ss)|message trop (gros|volumineux)|"
    r"(abgelehnt|zurückgewiesen|blockiert)[^\n]{0,60}(spam|richtlinie|sperrliste)|"
    r"(spam|richtlinie|sperrliste)[^\n]{0,60}(abgelehnt|zurückgewiesen|blockiert)|"
    r"(rechazad|bloquead|rejeitad|recusad|rifiutat|respint|bloccat)[^\n]{0,60}(spam|pol[ií]tica|criteri|lista ne[gr]r?a)|"
    r"(spam|pol[ií]tica|lista ne[gr]r?a)[^\n]{0,60}(rechaz|bloque|rejeit|recus|rifiut|respint|blocc)|"
    r"(rejeté|refusé|bloqué)[^\n]{0,60}(spam|politique|liste noire|indésirable)|"
    r"(spam|politique|liste noire|indésirable)[^\n]{0,60}(rejet|refus|bloqu)|"
    r"(geweigerd|geblokkeerd)[^\n]{0,60}(spam|beleid)|(odrzucon|zablokowan)[^\n]{0,60}(spam|zasad)|"
    r"(отклонен|отклонён|заблокирован)[^\n]{0,60}(спам|политик)|спам[^\n]{0,40}(отклон|заблок)|"
    r"(スパム|迷惑メール|ブラックリスト|ポリシー).{0,30}(拒否|ブロック|判定)|(垃圾邮件|垃圾郵件|黑名单|黑名單|反垃圾)|스팸.{0,20}(차단|거부)"
)
_DISABLED: Final = (
    r"(account|mailbox|user|recipient|address)[^.\n]{0,40}\b(disabled|inactive|frozen|deactivated|suspended|"
    r"discontinued|no longer (active|valid|in use|available)|not active|closed|expired)|"
    r"(konto|postfach)[^.\n]{0,30}(deaktiviert|gesperrt)|compte[^.\n]{0,20}(désactivé|inactif)|"
    r"cuenta[^.\n]{0,20}(desactivada|inactiva)|(账号|帳號|账户).{0,10}(禁用|停用)"
)
_MOVED: Final = (
    r"(user|recipient|mailbox|address)[^.\n]{0,30}has moved|has (moved|changed)[^.\n]{0,20}(address|to:)|"
    r"no longer (works|employed|with (us|the company))"
)
_UNKNOWN: Final = (
    r"(user|recipient|mailbox|account|address|alias|local ?part|person|destination|addressee)( ?name)?s?[^.\n]{0,60}"
    r"(not found|unknown|n[o']t (exist|exit|known|valid|listed|recogni[sz]ed|registered)|does ?n[o']t exist|"
    r"do not exist|could ?n[o']t be found|is invalid|not here|isn't here|(possibly |"
    r"may be )?incorrect)|"
    r"(unknown|invalid|no such|nonexistent|non-existent|bad|unrecogni[sz]ed|illegal|"
    r"malformed)( or [a-z]{3,12})?[^.\n]{0,25}(user|recipient|mailbox|account|address(ee)?|alias|person|name|"
    r"destination mailbox)|"
    r"no (mailbox|user|account|recipient|address|one) (here|by that name|named|with that|found)|not (a |our |"
    r"in )?(valid |known |my )?(customer|(user|recipient|mailbox)\b|list of)|no mailbox|"
    r"mailbox unavailable or not local|does ?n[o']t have an? [^.\n ]{1,40}(\.[a-z]{2,10})? ?account|"
    r"not (listed|found) in[^.\n]{0,40}(directory|address book|name ?& ?address|domino)|"
    r"unrout(e)?able address|no valid recipients?|address(es)? (was|were) not found|"
    r"(empfänger|benutzer|adresse|postfach|mailadresse)[^.\n]{0,50}(unbekannt|nicht gefunden|existiert nicht|"
    r"nicht vorhanden|ungültig)|"
    r"(destinataire|utilisateur|adresse|bo[iî]te)[^.\n]{0,50}(inconnue?|introuvable|n['’]existe pas|"
    r"n['’]a pas été trouvée?|invalide)|"
    r"(usuario|destinatario|direcci[oó]n|buz[oó]n|cuenta)[^.\n]{0,50}(desconocid|no (existe|encontrad|"
    r"se (ha )?encontr)|inexistente|inválid)|"
    r"no se (ha )?encontr(ó|ado)[^.\n]{0,20}(direcci|usuario|destinatario|buz)|"
    r"impossibile trovare[^.\n]{0,20}(indirizzo|destinatario)|gick inte att hitta[^.\n]{0,20}(adress|mottagar)|"
    r"(utente|destinatario|indirizzo|casella)[^.\n]{0,50}(sconosciut|inesistente|non (esiste|trovat|è valid))|"
    r"(usuário|destinatário|endereço|caixa)[^.\n]{0,50}(desconhecid|inexistente|não (existe|encontrad|foi encontrad))|"
    r"(gebruiker|ontvanger|adres|geadresseerde)[^.\n]{0,50}(onbekend|niet (worden )?gevonden|bestaat niet)|"
    r"(użytkownik|adresat|odbiorca|adres|skrzynka)[^.\n]{0,50}(nieznany|nie istnieje|nie znaleziono)|"
    r"(пользовател|получател|адрес|ящик)[^.\n]{0,60}(не найден|не существует|неизвестен|отсутствует|недоступ)|"
    r"неизвестн[^.\n]{0,20}(пользовател|получател)|"
    r"(användare|mottagare|adressen)[^.\n]{0,40}(okänd|finns inte|hittades inte)|(kullanıcı|alıcı|"
    r"adres)[^.\n]{0,40}(bulunamadı|mevcut değil|geçersiz)|"
    r"(宛先|ユーザ|受信者|アドレス|メールボックス|ディレクトリ).{0,30}(見つか[りら]|存在しません|存在しない|不明|ありません|ありませんでした|誤り)|存在しない.{0,10}(アドレス|ユーザ)|"
    r"找不到.{0,6}(地址|收件人|用户|用戶)|"
    r"(收件人|用户|用戶|邮箱|郵箱|地址|帐号).{0,20}(不存在|未找到|无法找到|錯誤|错误|无效)|(수신자|사용자|주소|계정).{0,20}(없|존재하지|찾을 수)|"
    r"(المستلم|المستخدم|العنوان).{0,30}(غير موجود|غير معروف)"
)
_DOMAIN: Final = (
    r"(host|domain|hostname)( name)?[^.\n]{0,40}\b(unknown|not found|(was|could)( not|n't) (be )?found|"
    r"does ?n[o']t exist|nonexistent|non-existent|is invalid)|(unknown|no such|nonexistent|invalid|illegal|"
    r"bad) (host|domain|destination (system|domain))|"
    r"could ?n[o']t find (any|a) (host|mail exchanger)|couldn't find any|name or service not known|no (mx|"
    r"mail exchanger)s? (record|host|for|or)|nxdomain|dns (server )?(returned|error)[^.\n]{0,40}(no such|"
    r"does not exist)|"
    r"null ?mx|does not accept mail|all relevant mx records point to non-existent|"
    r"dom(äne|ain)[^.\n]{0,40}(unbekannt|nicht gefunden|existiert nicht)|domaine[^.\n]{0,30}(inconnu|introuvable|n['’]existe pas)|"
    r"dom[ií]nio[^.\n]{0,30}(no existe|desconocid|sconosciut|non esiste|inesistente|não existe|desconhecid|inexistente)|"
    r"домен[^.\n]{0,30}не (найден|существует)|(域名|网域|網域).{0,12}(不存在|无法解析)|ドメイン.{0,12}(存在し|見つかりません)"
)
_EXPIRED: Final = (
    r"tim(ed|e)[ -]?out|(retry|time|queue)[^.\n]{0,20}(time ?out|limit)[^.\n]{0,15}exceed|message expired|"
    r"expired|too long|for a long time|giv(e|ing|en) up|cannot send message (for|within)|"
    r"connection (refused|lost|dropped|reset)|no route to host|network (is )?(error|unreachable)|"
    r"could ?n[o']t (connect|establish)|wasn't able to (establish|connect)|unable to connect|"
    r"service (is )?(currently )?(unavailable|not available|refuse)|try (again )?later|temporar(y|ily)|"
    r"essayer plus tard|später|más tarde|後で|稍后|zeitüberschreitung|zeitlimit|agot(ó|ado|ou)[^.\n]{0,20}tiempo|tiempo de espera|"
    r"délai[^.\n]{0,30}(dépassé|expiré)|tempo[^.\n]{0,20}(esgotado|excedido|scaduto)|(время|срок)[^.\n]{0,30}(ист[её]к)|"
    r"超时|逾時|タイムアウト|時間切れ|시간 ?초과"
)
_FAILED: Final = (
    r"(could|can|was|were|has|have|did|would)( ?not|n[o']t)( be| been| yet been)?( able to be)? (deliver|sent|"
    r"reach|able to deliver|able to send|complete)|un(able|successful)[^.\n]{0,15} (to )?(deliver|send|reach)|"
    r"(delivery|deliver|mail|message|transmission|sending)[^.\n]{0,40}\b(failed|failure|failing|error|problem|"
    r"impossible|aborted|undeliver|non-?deliver)|(failed|failure|error|trouble|problem|"
    r"fatal)[^.\n]{0,40}(deliver|send|recipient|address)|undeliver(able|ed)|non-?deliver|"
    r"returned (mail|message|to sender)|permanent (error|failure)|not (be )?delivered|"
    r"delivery (to the following|status)|rejected|refused to accept|bounced|"
    r"nicht zugestellt|unzustellbar|zustellung[^.\n]{0,30}(fehlgeschlagen|nicht möglich)|"
    r"(n['’]a (pas )?pu être|non) (remis|distribué|délivré)|échec[^.\n]{0,20}(remise|distribution)|"
    r"no (se )?(ha |pudo |puede )?(podido )?(ser )?entreg|error[^.\n]{0,15}entrega|impossibile (recapitare|"
    r"consegnare)|mancat[oa] recapito|non (è stato|può essere) (recapitat|consegnat)|"
    r"não (foi|pôde|pode) (possível )?(ser )?entreg|niet (worden )?(bezorgd|afgeleverd)|kan (inte|"
    r"ikke) leveres|inte levereras|nie (można|mogła|została)[^.\n]{0,25}(dostarcz)|"
    r"abgelehnt|zurückgewiesen|rechazad|devuelto|rejeitad|devolvid|rifiutat|respint|(rejeté|refusé)e?s?\b|"
    r"не (может быть |было |удалось )?(доставлен|доставить)|(配信|配送|送信|送達).{0,12}(でき|失敗|エラー|不能)|届けられ|无法(投递|送达|"
    r"发送)|未(能)?(送达|投递|送達)|被(退回|拒绝|拒收|拒絕)|無法(投遞|傳遞|遞送)|退信|投递失败|전송.{0,8}(실패|못)|teslim edilemedi"
)
_DELAYED: Final = (
    r"(is|was|been|delivery|message|mail)[^.\n]{0,30}\bdelayed\b|delay(ed)? (delivery|notification|for more)|"
    r"delivery[^.\n]{0,20}\(?delay|still (trying|being retried)|will (keep|continue) (to )?(try|retry)|"
    r"only a (temporary|warning)|"
    r"temporary failure report|warning[ :-]+(could not|message|mail|delivery)|do not need to re-?send|"
    r"no action is required[^.\n]{0,40}retr|not yet been delivered|attempts?[^.\n]{0,30} will continue|will be (retried|tried again)|"
    r"(has|been) postponed|(continue|continuing) to (try|attempt)|seguiremos intent|continuaremos (a )?tent|différée|"
    r"verzögert|retardé|retrasad|ritardat|atrasad|vertraagd|задерж|遅延|延迟|延遲"
)

_REASONS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (reason, re.compile(words, re.IGNORECASE))
    for reason, words in (
        ("mailbox_full", _FULL),
        ("refused_by_policy", _POLICY),
        ("mailbox_disabled", _DISABLED),
        ("mailbox_moved", _MOVED),
        ("domain_unknown", _DOMAIN),
        ("mailbox_unknown", _UNKNOWN),
        ("expired", _EXPIRED),
    )
)
_FAILURE: Final = re.compile(_FAILED, re.IGNORECASE)
_DELAY: Final = re.compile(_DELAYED, re.IGNORECASE)
_FLAT: Final = re.compile(r"[ \t\n]+")
_MAILBOX: Final = re.compile(
    r"[A-Za-z0-9_+.=!#$%&'*/?^`{|}~-]{1,80}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}", re.ASCII
)
"""An address within a sentence: its dots do not end the sentence, and no word in it counts."""
_NOT_THEIRS: Final = re.compile(
    r"\b(your|sender('s)?|from|return|source|client|ip)[ -]+(e-?mail )?(ip )?address", re.IGNORECASE
)
"""An address of ours that is refused says nothing about theirs."""


def find_reason(text: str) -> str | None:
    """Return the reason that the words of a failure name, or None. Lines are joined first, because a phrase may be folded anywhere."""
    flat = _NOT_THEIRS.sub("sender", _MAILBOX.sub("<>", _FLAT.sub(" ", text)))
    return next((reason for reason, words in _REASONS if words.search(flat)), None)


def says_failure(text: str) -> bool:
    """Tell whether a text says that a mail did not arrive."""
    return _FAILURE.search(_FLAT.sub(" ", text)) is not None


def says_delay(text: str) -> bool:
    """Tell whether a text says that a mail is late and will be tried again."""
    return _DELAY.search(_FLAT.sub(" ", text)) is not None
