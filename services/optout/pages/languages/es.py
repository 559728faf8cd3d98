"""Spanish, in the polite form that a practice or a workshop uses with its customers."""

from typing import Final

from services.optout.pages.texts import PageTexts

LANGUAGE: Final = PageTexts(
    slug="es",
    title="Dejar de recibir correos",
    ask_heading="Dejar de recibir correos de {business}",
    about="Para los correos enviados a",
    legend="¿Qué desea dejar de recibir?",
    offers="Avisos de visitas pendientes, ofertas, encuestas y novedades de {business}",
    offers_note="Los correos sobre una cita que usted haya pedido le seguirán llegando.",
    business="Todos los correos de {business}",
    business_note="De todas sus sedes, incluidos los correos sobre sus citas.",
    location_commercial="Lo mismo, pero solo de {location}",
    location_all="Todos los correos, pero solo de {location}",
    location_note="Otras sedes podrán seguir escribiéndole.",
    platform="Todos los correos enviados con Dueback",
    platform_note="De todos los negocios que le escriben con Dueback.",
    button="Dejar de recibir estos correos",
    nothing_yet="Abrir esta página no ha cambiado nada. El cambio se hace al pulsar el botón.",
    done_heading="Hemos recibido su solicitud",
    done="Los correos a los que pertenece su enlace se han detenido desde este momento. No tiene que hacer nada más.",
    done_note="Un correo que ya hubiera salido todavía puede llegarle. Si su enlace le llegó cortado, no podemos saber qué correo "
    "detener: en ese caso, escríbanos.",
    unreadable_heading="Este enlace no está completo",
    unreadable="No podemos saber a qué correo pertenece. Abra de nuevo el enlace de su correo o cópielo entero.",
    failed_heading="No hemos podido guardar su solicitud",
    failed="Todavía no se ha detenido nada, y no queremos aparentar lo contrario. Inténtelo de nuevo en un minuto o escríbanos.",
    write_instead="O escríbanos y lo detendremos por usted:",
    some_business="este negocio",
    some_location="esta sede",
)
