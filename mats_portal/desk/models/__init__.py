"""The desk's own rows: exports, what people ask about their data, retention, publications."""

from mats_portal.desk.models.exports import ExportFile, ExportFormat, SavedExport, storage_name
from mats_portal.desk.models.privacy import (
    CalendarLink,
    CorrectionKind,
    CorrectionRequest,
    CorrectionState,
    DeletionRequest,
    DeletionState,
    PersonCopy,
    copy_name,
)
from mats_portal.desk.models.publication import CyclePublication, PublicationState
from mats_portal.desk.models.retention import (
    RetentionClass,
    RetentionHold,
    RetentionItem,
    RetentionRule,
    RetentionRun,
    RunState,
    StatisticCount,
)

__all__ = [
    "CalendarLink",
    "CorrectionKind",
    "CorrectionRequest",
    "CorrectionState",
    "CyclePublication",
    "DeletionRequest",
    "DeletionState",
    "ExportFile",
    "ExportFormat",
    "PersonCopy",
    "PublicationState",
    "RetentionClass",
    "RetentionHold",
    "RetentionItem",
    "RetentionRule",
    "RetentionRun",
    "RunState",
    "SavedExport",
    "StatisticCount",
    "copy_name",
    "storage_name",
]
