"""Where all of the opt-out service's tables are known."""

from typing import Final

from sqlalchemy import MetaData

from shared.kit.tables import new_metadata

metadata: Final[MetaData] = new_metadata()
