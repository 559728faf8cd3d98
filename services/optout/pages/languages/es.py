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
    undo_heading="¿Lo ha pulsado por error?",
    undo_note="Durante una hora puede deshacerlo aquí. Después, vuelva a suscribirse en el negocio.",
    undo_button="Deshacer",
    undone_heading="Deshecho",
    undone="Lo que detuvo en esa página durante la última hora vuelve a estar activo. Lo que se detuvo antes, o de otra manera, "
    "sigue detenido.",
    form_heading="Dejar de recibir correos en su dirección",
    form_about="Se detienen todos los correos que los negocios envían con Dueback: tanto las ofertas y encuestas como los "
    "recordatorios de las citas que usted haya pedido.",
    form_button="Detener todos los correos",
    form_done_heading="Esta dirección no recibirá más correos",
    form_done="Desde este momento no se envía nada con Dueback a la dirección que ha indicado, haya recibido o no correos nuestros.",
    form_done_note="Un correo que ya hubiera salido todavía puede llegarle.",
    address="Su dirección de correo electrónico",
    address_refused="Esto no parece una dirección de correo. Escríbala de nuevo, por ejemplo nombre@example.com.",
    join_heading="Correos de {business}",
    join_place="Su sede: {location}",
    join_wording="Quiero recibir correos de {business}: recordatorios de mis citas, avisos cuando toque una visita o un servicio, "
    "agradecimientos, encuestas, ofertas y novedades. {business} los envía por medio de Dueback. Puedo detenerlos en cualquier "
    "momento con un clic en cada correo.",
    join_agree_missing="Marque la casilla si está de acuerdo. Sin ella no se pueden enviar correos.",
    join_button="Enviarme la confirmación",
    join_next="Recibirá un correo con un enlace. No se envía nada más hasta que usted lo confirme allí.",
    joined_heading="Mire en su buzón",
    joined="Si la dirección es correcta, ya va en camino un correo con un enlace. Su suscripción vale cuando la haya confirmado allí.",
    joined_note="¿No llega nada en unos minutos? Mire en la carpeta de correo no deseado o inténtelo mañana: una dirección recibe "
    "como máximo tres de estos correos al día.",
    join_again="Suscribir otra dirección",
    confirm_heading="Confirme los correos de {business}",
    confirm_button="Sí, quiero recibir estos correos",
    confirm_nothing_yet="Abrir esta página no ha cambiado nada. Si no fue usted quien se suscribió, simplemente ciérrela.",
    confirmed_heading="Gracias",
    confirmed="Con un enlace de los últimos siete días, su suscripción queda confirmada. Con uno más antiguo no ha cambiado nada: "
    "suscríbase de nuevo.",
    confirmed_note="Si detuvo todos los correos enviados con Dueback, o pidió al propio negocio que no le escriba, eso sigue "
    "valiendo: díganoslo o dígaselo.",
    prove_heading="¿Es esta su solicitud?",
    prove_asked="Alguien nos pidió, en nombre de su dirección de correo, {asked}.",
    prove_effect_access="Si lo confirma, se reúne lo que se guarda sobre usted, y se lo entrega quien recibió su solicitud.",
    prove_effect_erase="Si lo confirma, se borran su nombre, su dirección, sus citas y todo lo demás que se guarda sobre usted, y no "
    "recibirá más correos. No se puede deshacer. Los registros propios de la consulta o del taller son suyos y siguen allí.",
    prove_button="Sí, es mi solicitud",
    prove_nothing_yet="Abrir esta página no ha cambiado nada. Si no fue usted, ciérrela: no pasa nada.",
    proven_heading="Gracias",
    proven="Si su enlace estaba completo y no tenía más de siete días, su solicitud está confirmada y se está llevando a cabo.",
    proven_note="Si pidió que se borren sus datos, esta página es nuestra respuesta: se hace en minutos, y después no tenemos ninguna "
    "dirección a la que escribir. Con un enlace más antiguo no ha cambiado nada: vuelva a pedirlo.",
    case_access="que se le muestre lo que {business} y Dueback guardan sobre usted",
    case_erasure="que {business} y Dueback borren lo que guardan sobre usted",
    case_stop_processing="que {business} y Dueback dejen de usar cualquier dato sobre usted",
    case_other="algo sobre sus datos en {business} y Dueback",
    too_many_heading="Espere un momento",
    too_many="En este momento llegan demasiadas solicitudes de su red, así que no se ha hecho nada. Inténtelo de nuevo en una hora "
    "o escríbanos.",
    unreadable_heading="Este enlace no está completo",
    unreadable="No podemos saber a qué correo pertenece. Abra de nuevo el enlace de su correo o cópielo entero.",
    failed_heading="No hemos podido guardar su solicitud",
    failed="Todavía no se ha detenido nada, y no queremos aparentar lo contrario. Inténtelo de nuevo en un minuto o escríbanos.",
    write_instead="O escríbanos y lo detendremos por usted:",
    some_business="este negocio",
    every_business="todos los negocios que usan Dueback",
    some_location="esta sede",
)
