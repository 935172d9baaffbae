"""Every domain event, one struct each, past tense. One event speaks of one subject.

frm/to never hold buyer text: version ids, masks, codes and numbers only. What follows an event is in reactions.py.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """`subject` is the id of an `on`. happened_at: skew-corrected time of the act; None is now."""

    on: ClassVar[str] = ""
    subject: UUID
    reason: str = ""
    frm: dict[str, Any] = {}
    to: dict[str, Any] = {}
    rule: str = ""
    happened_at: datetime | None = None
    person: UUID | None = None
    device: UUID | None = None
    cause: UUID | None = None


# -- accounts and devices -------------------------------------------------------------------------------------------
class PersonAdded(Event, frozen=True):
    on = "person"


class LoggedIn(Event, frozen=True):
    on = "person"


class LoginRefused(Event, frozen=True):
    on = "person"


class PasswordChanged(Event, frozen=True):
    on = "person"


class LoggedOut(Event, frozen=True):
    on = "person"


class DeviceEnrolled(Event, frozen=True):
    on = "device"


# -- shops and raw orders -------------------------------------------------------------------------------------------
class ShopAdded(Event, frozen=True):
    on = "shop"


class RawStored(Event, frozen=True):
    """to.count new or changed raw orders of a shop were stored."""

    on = "shop"


class RawQuarantined(Event, frozen=True):
    """A body that does not parse was sealed and set aside."""

    on = "shop"


class ShopRenewed(Event, frozen=True):
    """Its secrets or settings were entered anew."""

    on = "shop"


class ShopTroubled(Event, frozen=True):
    on = "shop"


class ShopAuthorised(Event, frozen=True):
    """to.until: when its access token ends. By its owner, or renewed by the hub."""

    on = "shop"


class ShopPaused(Event, frozen=True):
    """It did not answer again and again: calls rest until to.until."""

    on = "shop"


class ShopTurned(Event, frozen=True):
    """A person switched it; to.state."""

    on = "shop"


class BackfillStarted(Event, frozen=True):
    """to.from, to.to: the days that are read once more."""

    on = "shop"


class RulesDrafted(Event, frozen=True):
    """A new version of a platform's mapping rules was written down."""

    on = "rule_version"


class RulesApplied(Event, frozen=True):
    """It is in force: orders are mapped by it from now on. frm.version: the one before."""

    on = "rule_version"


class RulesTried(Event, frozen=True):
    """to.version is run over to.orders raw orders: as a preview, or because it has come into force."""

    on = "rule_run"


# -- orders ---------------------------------------------------------------------------------------------------------
class OrderTaken(Event, frozen=True):
    """The order is known to the hub for the first time."""

    on = "order"


class OrderChanged(Event, frozen=True):
    """A newer raw version changed facts of the order: to holds the changed facts."""

    on = "order"


class ReceiverChanged(Event, frozen=True):
    """A newer receiver version; what is printed with the old one must not leave."""

    on = "order"


class OrderWithdrawn(Event, frozen=True):
    """What was set aside for it, and perhaps picked, must not go on: reason says why."""

    on = "order"


class OrderCancelled(Event, frozen=True):
    on = "order"


class RefundAsked(Event, frozen=True):
    on = "order"


class OrderHeld(Event, frozen=True):
    on = "order"


class OrderReleased(Event, frozen=True):
    """A person (or a newer version) took a reason to wait away."""

    on = "order"


class OrderReviewed(Event, frozen=True):
    on = "order"


class LineMatched(Event, frozen=True):
    on = "order"


class NoteRevealed(Event, frozen=True):
    on = "order"


class StockReserved(Event, frozen=True):
    on = "order"


class StockShort(Event, frozen=True):
    on = "order"


class StockReleased(Event, frozen=True):
    on = "order"


class BuyerDataExpired(Event, frozen=True):
    """A data key was destroyed: the raw orders and receivers of a shop's month can be read no more."""

    on = "data_key"


class StockReceived(Event, frozen=True):
    on = "sku"


# -- goods and listings ---------------------------------------------------------------------------------------------
class SkuAdded(Event, frozen=True):
    on = "sku"


class SkuChanged(Event, frozen=True):
    """Other words, another bin, other barcodes."""

    on = "sku"


class SkuRetired(Event, frozen=True):
    """Nothing new is sold as it."""

    on = "sku"


class SkuRestored(Event, frozen=True):
    on = "sku"


class BundleChanged(Event, frozen=True):
    """frm.parts, to.parts: [SKU, qty]. What is reserved stays as it was reserved."""

    on = "sku"


class ListingMatched(Event, frozen=True):
    """It is to.sku from now on. reason: code, barcode, hand."""

    on = "listing"


class ListingUnmatched(Event, frozen=True):
    """It is no SKU of ours now. reason: hand, retired, told_otherwise."""

    on = "listing"


class ListingsPulled(Event, frozen=True):
    """A shop's list was read to its end: to.seen, to.matched, to.gone."""

    on = "shop"


# -- picking and packing --------------------------------------------------------------------------------------------
class WaveMade(Event, frozen=True):
    on = "wave"


class WaveDone(Event, frozen=True):
    on = "wave"


class PickConfirmed(Event, frozen=True):
    on = "order"


class PickUndone(Event, frozen=True):
    on = "order"


class PickShort(Event, frozen=True):
    on = "order"


class OrderPicked(Event, frozen=True):
    on = "order"


class PickWithdrawn(Event, frozen=True):
    on = "order"


class PickReopened(Event, frozen=True):
    """Goods that were reported missing are there after all; to.sku."""

    on = "order"


class WaveMoved(Event, frozen=True):
    """What is left of it goes on with another device; frm.device, to.device."""

    on = "wave"


class ParcelLeftAnyway(Event, frozen=True):
    """The carrier has it, although its hand-over was refused or never scanned; to.waybill_no, reason: what it was."""

    on = "parcel"


class ParcelPacked(Event, frozen=True):
    on = "parcel"


class ParcelStopped(Event, frozen=True):
    """The parcel must not leave: reason says why."""

    on = "parcel"


class ParcelCleared(Event, frozen=True):
    """What stopped the parcel is settled."""

    on = "parcel"


class ForeignScanned(Event, frozen=True):
    on = "device"


# -- shipping -------------------------------------------------------------------------------------------------------
class WaybillMade(Event, frozen=True):
    on = "parcel"


class LabelMade(Event, frozen=True):
    on = "parcel"


class SheetPrinted(Event, frozen=True):
    on = "print_job"


class PrintFailed(Event, frozen=True):
    on = "print_job"


class ParcelHandedOver(Event, frozen=True):
    on = "parcel"


class HandOverRefused(Event, frozen=True):
    on = "parcel"


class OrderShipped(Event, frozen=True):
    on = "order"


class OrderWrittenBack(Event, frozen=True):
    on = "order"


class WriteBackRefused(Event, frozen=True):
    on = "order"


class ParcelCollected(Event, frozen=True):
    on = "parcel"


class ParcelDelivered(Event, frozen=True):
    on = "parcel"


class OrderCompleted(Event, frozen=True):
    on = "order"


# -- tasks ----------------------------------------------------------------------------------------------------------
class TaskOpened(Event, frozen=True):
    on = "task"


class TaskClosed(Event, frozen=True):
    on = "task"


class TaskTaken(Event, frozen=True):
    on = "task"


class JobParked(Event, frozen=True):
    on = "job"
