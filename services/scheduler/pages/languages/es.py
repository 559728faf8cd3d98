"""Spanish, plain words; formal address, as in the mail."""

from typing import Final

from services.scheduler.pages.texts import PageTexts

LANGUAGE: Final = PageTexts(
    slug="es",
    title="Su cita",
    confirm_heading="Su cita en {business}",
    confirm_heading_several="Sus citas en {business}",
    when="{weekday}, {date}, {time}",
    some_person="Cita",
    confirm_button="Sí, allí estaré",
    another_time_button="Pedir otra hora",
    answers_legend="¿Quién vendrá?",
    comes="Vendrá",
    another_time="Necesita otra hora",
    send_button="Enviar la respuesta",
    nothing_yet="Abrir esta página no ha cambiado nada.",
    open="Sin respuesta todavía",
    confirmed="Confirmada",
    asked="Pidió otra hora. Hasta que la encontremos con usted, esta cita se mantiene.",
    moved="Esta cita tiene ahora otra hora. Llámenos, por favor, para tener la correcta.",
    cancelled="Esta cita ya no está en pie. Llámenos, por favor, si le sorprende.",
    over="Esta cita ya pasó.",
    answered_heading="Gracias",
    unanswerable_heading="Llámenos, por favor",
    answered_note="Si surge algo, abra de nuevo el enlace del correo o llámenos.",
    incomplete_heading="No se eligió nada",
    incomplete="Por eso nada ha cambiado. Elija, por favor, al menos para una cita.",
    look_again="Volver a la página",
    unreadable_heading="Este enlace ya no lleva a ninguna parte",
    unreadable="Abra de nuevo el enlace de su correo o cópielo entero. Si no ayuda, llame al negocio que le escribió.",
    failed_heading="No pudimos guardar su respuesta",
    failed="Nada ha cambiado, y no queremos aparentar lo contrario. Inténtelo de nuevo en un minuto o llámenos.",
    call="O llame a {business}:",
)
