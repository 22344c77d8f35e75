"""What the user writes beside the drivers' own fields, as pydantic models."""

import re
from decimal import Decimal
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from gateway.config.exact import Moment
from gateway.config.problems import nearest
from gateway.config.types import ByteSize, Duration, HintedError, Power
from gateway.core.device import MeterRole
from gateway.core.point import Deadband, Names, PointKind

_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
_MAX_ID = 64
_MAX_SCALE_DIGITS = 18  # numerator and denominator stay within 64 bits
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?")
_RATIO = re.compile(r"([-+]?[0-9]{1,18})\s*/\s*([0-9]{1,18})")
_POWER_OF_TWO = re.compile(r"2\s*\^\s*([0-9]{1,2})")


def checked_id(text: str) -> str:
    """An id that is safe in tags, topics, addresses and every sink. Raises HintedError with a legal spelling."""
    if _ID.fullmatch(text) and len(text) <= _MAX_ID:
        return text
    legal = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:_MAX_ID]
    rule = "lower-case ASCII letters, digits, `_` and `-`, beginning with a letter or digit, at most 64"
    raise HintedError("not an id", f"{rule}; for example `{legal}`" if legal else rule)


def checked_point_name(text: str) -> str:
    """A point's name: an id that InfluxDB takes as a field. Raises HintedError."""
    if text in ("time", "_measurement", "_field"):
        raise HintedError(
            f"InfluxDB keeps the field name `{text}` for itself", f"for example `device_{text.strip('_')}`"
        )
    return checked_id(text)


def checked_kind(text: str) -> str:
    """A device's kind, the measurement in InfluxDB. Raises HintedError."""
    if "\\" in text or text.startswith(("#", "_")):
        raise HintedError(
            "InfluxDB takes no measurement with a backslash or a leading `#` or `_`", "for example `meter`"
        )
    return checked_id(text)


_ID_SCHEMA = {"type": "string", "pattern": r"^[a-z0-9][a-z0-9_-]*$", "maxLength": _MAX_ID}
Id = Annotated[str, AfterValidator(checked_id), WithJsonSchema(_ID_SCHEMA)]
Kind = Annotated[str, AfterValidator(checked_kind), WithJsonSchema(_ID_SCHEMA)]


class Strict(BaseModel):
    """Frozen; unknown keys are errors; no infinities."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Bilingual(Strict):
    """A display name: plain text for both languages, or one each."""

    en: str = ""
    zh: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        if isinstance(value, str):
            return {"en": value, "zh": value}
        if isinstance(value, dict | Bilingual):
            return value
        raise PydanticCustomError("string_type", "expected text")

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler.resolve_ref_schema(handler(core))]}

    def names(self) -> Names:
        """The core's form of it."""
        return Names(self.en, self.zh)


def _checked_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        hint = nearest(name, available_timezones()) or "an IANA name like `Asia/Shanghai`"
        raise HintedError("time zone is not known", hint) from error
    return name


class SiteModel(Strict):
    """`site:` - the park."""

    id: Id
    name: Bilingual = Bilingual()
    timezone: Annotated[str, AfterValidator(_checked_zone)] = "UTC"
    contract_demand: Power | None = None
    operators: Annotated[int, Field(ge=1, le=100)] = 1


class EnterpriseModel(Strict):
    """An entry of `enterprises:` - a tenant."""

    id: Id
    name: Bilingual = Bilingual()


class GroupModel(Strict):
    """A poll group: an interval, or interval and phase."""

    interval: Annotated[Duration, Field(ge=0.001)]  # the common tick cannot turn faster
    phase: Duration = 0.0

    @model_validator(mode="after")
    def _phase_within(self) -> Self:
        if self.phase >= self.interval:
            raise HintedError("the phase is not shorter than the interval", "it shifts the polls within one interval")
        return self


class DeviceModel(Strict):
    """The common fields of an entry of `devices:`; the driver's DeviceAddress stands flat beside them."""

    id: Id
    enterprise: str
    enterprise_since: Moment | None = None
    name: Bilingual = Bilingual()
    kind: Kind | None = None
    role: MeterRole | None = None
    profile: str | None = None
    connection: str | None = None
    renamed_from: Id | None = None


def _as_written(value: object) -> str:
    """The text of a number as it stands in the file: asks the validator for it where a float came instead."""
    if isinstance(value, float):
        raise PydanticCustomError("string_type", "expected text")
    return str(value).strip()


def _ratio(value: object) -> tuple[int, int]:
    """`0.001` or `1/1000` as multiplier and divisor, both exact."""
    text = _as_written(value)
    if match := _RATIO.fullmatch(text):
        multiplier, divisor = int(match[1]), int(match[2])
    elif _DECIMAL.fullmatch(text) and len(text) <= 2 * _MAX_SCALE_DIGITS:
        sign, digits, exponent = Decimal(text).normalize().as_tuple()
        assert isinstance(exponent, int)
        multiplier = int("".join(map(str, digits))) * (-1) ** sign * 10 ** max(exponent, 0)
        divisor = 10 ** max(-exponent, 0)
    else:
        raise HintedError("expected a number or a ratio", "write `0.001` or `1/1000`")
    if multiplier == 0 or divisor == 0:
        raise HintedError("a scale cannot be 0", "leave it out for 1")
    if max(abs(multiplier), divisor) > 10**_MAX_SCALE_DIGITS:
        raise HintedError("more digits than a scale may have", "at most 18 on either side of the fraction bar")
    return multiplier, divisor


def _deadband_text(value: object) -> str:
    text = _as_written(value)
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?\s*\S*", text) or len(text) > 40:
        raise HintedError("expected a number, with the point's unit or `%`", "write `0.5 kW`, `1 %` or `0.5`")
    return text


def _modulus(value: object) -> int:
    if isinstance(value, str) and (match := _POWER_OF_TWO.fullmatch(value.strip())):
        return int(2 ** int(match[1]))
    if isinstance(value, int | str) and re.fullmatch(r"[0-9]{1,20}", str(value)) and int(value) > 1:
        return int(value)
    raise HintedError("expected the raw value at which the counter rolls over", "write `2^32` or `100000000`")


class PointModel(Strict):
    """The common fields of a point; the driver's PointAddress stands flat beside them."""

    name: Bilingual = Bilingual()
    unit: str = ""
    kind: PointKind = PointKind.GAUGE
    scale: Annotated[tuple[int, int], BeforeValidator(_ratio), WithJsonSchema({"type": ["number", "string"]})] = (1, 1)
    offset: float = 0.0
    range: tuple[float | None, float | None] = (None, None)
    deadband: Annotated[
        str | None, BeforeValidator(_deadband_text), WithJsonSchema({"type": ["number", "string"], "minimum": 0})
    ] = None
    heartbeat: Duration | None = None
    group: str | None = None
    words: dict[int, Bilingual] = {}
    modulus: Annotated[
        int | None, BeforeValidator(_modulus), WithJsonSchema({"type": ["integer", "string"], "minimum": 2})
    ] = None
    renamed_from: Id | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind is PointKind.COUNTER and self.deadband is not None:
            raise HintedError("a counter has no deadband", "energy needs every sample; remove `deadband`")
        if self.kind is not PointKind.COUNTER and self.modulus is not None:
            raise HintedError("only a counter has a modulus", "write `kind: counter`, or remove `modulus`")
        if self.heartbeat is not None and self.deadband is None:
            raise HintedError("a heartbeat without a deadband does nothing", "add `deadband`, or remove `heartbeat`")
        low, high = self.range
        if low is not None and high is not None and low >= high:
            raise HintedError("the range is empty", "write `range: [low, high]`")
        return self

    def band(self) -> Deadband | None:
        """The deadband in the point's unit. Raises HintedError where it is written in another unit."""
        if self.deadband is None:
            return None
        number, unit = re.fullmatch(r"([0-9.]+)\s*(\S*)", self.deadband).groups()  # type: ignore[union-attr]
        heartbeat_s = 300.0 if self.heartbeat is None else self.heartbeat
        if unit == "%" and self.unit != "%":
            return Deadband(percent=float(number), heartbeat_s=heartbeat_s)
        if unit not in ("", self.unit):
            raise HintedError(f"deadband in `{unit}`, the point is in `{self.unit}`", f"write `{number} {self.unit}`")
        return Deadband(absolute=float(number), heartbeat_s=heartbeat_s)


class ProfileModel(Strict):
    """What a profile says beside its points and groups."""

    driver: str
    kind: Kind | None = None
    name: Bilingual = Bilingual()
    source: str = ""
    verified: bool = False


class OutboxModel(Strict):
    """`store.outbox:` - how much may wait for a sink."""

    max_size: Annotated[ByteSize, Field(ge=2**20)] = 2**30
    max_age: Annotated[Duration, Field(gt=0)] = 30 * 86_400.0


AUDIT_MAX_BYTES = 64 * 2**20  # about 150,000 entries: years


class AuditModel(Strict):
    """`store.audit:` - how large the audit log may become before changes are refused; an export makes room."""

    # 8 MiB: six days of people who do not get in; 1 GiB: a copy of the file is made every hour
    max_size: Annotated[ByteSize, Field(ge=8 * 2**20, le=2**30)] = AUDIT_MAX_BYTES


class StoreModel(Strict):
    """`store:` - where data lives."""

    directory: Annotated[str, Field(min_length=1)] = "./data"
    commit_interval: Annotated[Duration, Field(gt=0, le=60)] = 1.0
    durability: Literal["power_loss", "process_crash"] = "power_loss"
    min_free: ByteSize = 64 * 2**20
    outbox: OutboxModel = OutboxModel()
    audit: AuditModel = AuditModel()
