// How the journal is read.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "storage/journal_files.h"

namespace nbo::storage {
namespace {

// What is missing before a segment, if anything is.
std::optional<JournalDamage> GapBefore(const SegmentList& segments, size_t i) {
  if (i == 0 || segments[i]->follows() == segments[i - 1]->next_position()) return std::nullopt;
  JournalDamage gap;
  gap.where = absl::StrCat("between ", segments[i - 1]->path(), " and ", segments[i]->path(), ": files are missing");
  gap.position = segments[i - 1]->next_position();
  gap.end = segments[i]->first_position();
  return gap;
}

absl::StatusOr<bool> Report(const JournalDamage& damage, const DecisionJournal::OnDamage& on_damage) {
  if (!on_damage) return absl::DataLossError(absl::StrCat("journal: ", damage.where));
  return on_damage(damage);
}

// The byte up to which a segment had records when the journal ended at `end`.
uint64_t EndByte(const Segment& segment, uint64_t end) {
  if (segment.first_position() >= end) return 0;
  return std::min(segment.end(), end - segment.first_position());
}

// Whether a record of that time may have been appended between those of two segments, as far as they tell; null: none.
bool MayLieBetween(const Segment* before, const Segment* after, int64_t unix_ms) {
  const auto known = [](const Segment* segment) {
    return segment != nullptr && segment->sealed() && segment->summary().records > 0;
  };
  if (known(before) && unix_ms < before->summary().oldest_ms) return false;
  return !known(after) || unix_ms <= after->summary().newest_ms;
}

}  // namespace

FileJournal::Snapshot FileJournal::Now() const {
  absl::MutexLock lock(&mutex_);
  return {segments_, EndLocked()};
}

absl::Status FileJournal::Scan(uint64_t from, Visitor visit, const OnDamage& on_damage) const {
  const Snapshot now = Now();
  const SegmentList& segments = *now.segments;
  if (from != 0 && !segments.empty() && from < segments.front()->first_position()) {
    return absl::DataLossError(absl::StrCat("journal: records before position ", segments.front()->first_position(),
                                            " were dropped, ", from, " is asked for"));
  }
  for (size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = *segments[i];
    if (const auto gap = GapBefore(segments, i); gap.has_value() && from < gap->end) {
      const absl::StatusOr<bool> more = Report(*gap, on_damage);
      if (!more.ok() || !*more) return more.status();
    }
    const uint64_t end = EndByte(segment, now.end);
    if (segment.next_position() <= from || end == 0) continue;
    const absl::StatusOr<bool> more = segment.Visit(from, end, visit, on_damage);
    if (!more.ok() || !*more) return more.status();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<uint64_t>> FileJournal::ScanRange(const JournalRange& range, Visitor visit,
                                                               const OnDamage& on_damage) const {
  const bool forward = !range.newest_first;
  std::optional<uint64_t> rest;
  uint64_t looked_at = 0;
  const auto look = [&](const JournalRecord& record) {
    if (record.end > range.until_position) return !forward;
    if (looked_at >= range.max_bytes) {
      rest = forward ? record.position : record.end;
      return false;
    }
    looked_at += record.end - record.position;
    return record.key.unix_ms < range.from_ms || record.key.unix_ms >= range.to_ms || visit(record);
  };
  OnDamage note = on_damage;
  if (note) {
    note = [&](const JournalDamage& damage) {  // it was looked at, too
      looked_at += damage.end - damage.position;
      return on_damage(damage);
    };
  }
  const Snapshot now = Now();
  const SegmentList& segments = *now.segments;
  for (size_t n = 0; n < segments.size(); ++n) {
    const size_t i = forward ? n : segments.size() - 1 - n;
    const Segment& segment = *segments[i];
    auto gap = GapBefore(segments, i);
    if (gap.has_value() && (range.from_position >= gap->end || range.until_position <= gap->position)) gap.reset();
    if (gap.has_value() && forward) {
      const absl::StatusOr<bool> more = Report(*gap, on_damage);
      if (!more.ok()) return more.status();
      if (!*more) return std::nullopt;
    }
    const uint64_t end = EndByte(segment, now.end);
    const bool within =
        segment.next_position() > range.from_position && segment.first_position() < range.until_position;
    if (end > 0 && within && segment.MayHave(range.from_ms, range.to_ms)) {
      const absl::StatusOr<bool> more =
          forward ? segment.Visit(range.from_position, end, look, note)
                  : segment.VisitReversed(range.from_position, range.until_position, end, look, note);
      if (!more.ok()) return more.status();
      if (!*more) return rest;
    }
    if (gap.has_value() && !forward) {
      const absl::StatusOr<bool> more = Report(*gap, on_damage);
      if (!more.ok()) return more.status();
      if (!*more) return std::nullopt;
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<StoredJournalRecord>> FileJournal::Find(uint8_t kind, const JournalKey& key) const {
  if (key.random == 0) return std::nullopt;
  const Snapshot now = Now();
  const SegmentList& segments = *now.segments;
  absl::Status damaged;
  for (size_t i = segments.size(); i > 0; --i) {
    const Segment* before = i > 1 ? segments[i - 2].get() : nullptr;
    const Segment& segment = *segments[i - 1];
    if (segment.MayHave(key.unix_ms, key.unix_ms)) {
      absl::StatusOr<std::optional<StoredJournalRecord>> found = segment.Find(kind, key);
      if (found.ok() && found->has_value()) return found;
      if (!found.ok() && !absl::IsDataLoss(found.status())) return found.status();
      const Segment* after = i < segments.size() ? segments[i].get() : nullptr;
      if (!found.ok() && MayLieBetween(before, after, key.unix_ms)) damaged = found.status();
    }
    if (const auto gap = GapBefore(segments, i - 1); gap.has_value() && MayLieBetween(before, &segment, key.unix_ms)) {
      damaged = absl::DataLossError(absl::StrCat("journal: ", gap->where));
    }
  }
  if (!damaged.ok()) return damaged;
  return std::nullopt;
}

}  // namespace nbo::storage
