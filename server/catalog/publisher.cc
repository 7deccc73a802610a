#include "server/catalog/publisher.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/base/civil.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "server/catalog/yaml_draft.h"

namespace nbo::server {
namespace {

absl::Status CheckLimits(const CatalogText& text) {
  if (text.yaml.empty()) return absl::InvalidArgumentError("source.yaml: is required");
  if (text.yaml.size() > kMaxCatalogBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("source.yaml: ", text.yaml.size(), " bytes; at most ", kMaxCatalogBytes, " are allowed"));
  }
  if (text.window_shift_days < -kMaxWindowShiftDays || text.window_shift_days > kMaxWindowShiftDays) {
    return absl::InvalidArgumentError(
        absl::StrCat("source.window_shift_days: ", text.window_shift_days, " is outside +-", kMaxWindowShiftDays));
  }
  return CheckText("source.file_name", text.file_name, kMaxFileNameBytes);
}

// What a text says, whether its content is good or not.
absl::StatusOr<CatalogDraft> DraftOf(const std::string& yaml, const std::string& file_name) {
  CatalogDraft draft;
  std::vector<CatalogMistake> mistakes;
  if (IsUtf8(yaml) && DraftFromYaml(yaml, &draft, &mistakes)) return draft;
  const std::string where =
      mistakes.empty() ? "" : absl::StrCat(mistakes[0].place.line, ":", mistakes[0].place.column, ": ");
  return absl::InvalidArgumentError(absl::StrCat(file_name.empty() ? "catalog" : file_name, ":", where,
                                                 mistakes.empty() ? " not valid UTF-8" : mistakes[0].message));
}

}  // namespace

absl::Status MistakesStatus(const std::vector<Diagnostic>& diagnostics) {
  constexpr size_t kShown = 10;  // status messages travel in a header: keep them short
  std::string message;
  for (size_t i = 0; i < diagnostics.size() && i < kShown && message.size() < 4000; ++i) {
    absl::StrAppend(&message, i == 0 ? "" : "\n", diagnostics[i].rendered);
  }
  if (diagnostics.size() > kShown) absl::StrAppend(&message, "\n", diagnostics.size() - kShown, " more");
  return absl::InvalidArgumentError(message);
}

absl::StatusOr<CheckedCatalog> CatalogPublisher::Check(const CatalogText& text) const {
  if (absl::Status s = CheckLimits(text); !s.ok()) return s;
  CheckedCatalog checked;
  auto compiled = CompileYaml(text.yaml, text.file_name,
                              {currency_, text.window_shift_days, DayIn(clock_->Now(), time_zone_)}, &checked.warnings);
  if (auto* mistakes = std::get_if<std::vector<Diagnostic>>(&compiled)) {
    checked.mistakes = std::move(*mistakes);
  } else {
    checked.catalog = std::get<std::shared_ptr<Catalog>>(std::move(compiled));
  }
  return checked;
}

absl::StatusOr<CheckedCatalog> CatalogPublisher::Compile(const PublishedCatalog& kept) const {
  auto checked = Check({kept.yaml, kept.file_name, kept.window_shift_days});
  if (!checked.ok()) return checked.status();
  if (checked->catalog == nullptr) return MistakesStatus(checked->mistakes);
  checked->catalog->version = kept.version;
  return checked;
}

absl::Status CatalogPublisher::CheckOrder(const CatalogOrder& order) const {
  if (absl::Status s = CheckText("author", order.author, kMaxAuthorBytes); !s.ok()) return s;
  if (absl::Status s = CheckText("note", order.note, kMaxNoteBytes); !s.ok()) return s;
  if (order.activate_time > clock_->Now() + absl::Hours(24) * kMaxActivationDays) {
    return absl::InvalidArgumentError(
        absl::StrCat("activate_time: more than ", kMaxActivationDays, " days ahead; schedule it later"));
  }
  absl::MutexLock lock(&mutex_);
  if (order.activate_time > clock_->Now() && scheduled_.size() >= kMaxScheduledActivations) {
    return absl::FailedPreconditionError(absl::StrCat(
        "activate_time: ", scheduled_.size(), " activations are scheduled already; cancel one that is not needed"));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CatalogPublisher::NewestVersion() const {
  auto newest = archive_->List(0, 1);
  if (!newest.ok()) return newest.status();
  return newest->empty() ? 0 : newest->front().version;
}

CatalogActivation CatalogPublisher::NewActivation(int64_t version, CatalogActivation::Cause cause,
                                                  const CatalogOrder& order) const {
  CatalogActivation activation;
  activation.number = last_number_ + 1;
  activation.version = version;
  activation.cause = cause;
  activation.request_time = clock_->Now();
  activation.activate_time = std::max(order.activate_time, activation.request_time);
  activation.author = order.author;
  activation.note = order.note;
  if (activation.activate_time == activation.request_time) Done(&activation);
  return activation;
}

void CatalogPublisher::Done(CatalogActivation* activation) const {
  activation->state = CatalogActivation::State::kDone;
  activation->end_time = clock_->Now();
  activation->order = last_order_ + 1;
}

absl::Status CatalogPublisher::Commit(const PublishedCatalog* kept, std::shared_ptr<const Catalog> catalog,
                                      const CatalogActivation& activation) {
  if (absl::Status s = archive_->Write(kept, {activation}); !s.ok()) return s;
  last_number_ = std::max(last_number_, activation.number);
  auto same = [&](const CatalogActivation& a) { return a.number == activation.number; };
  scheduled_.erase(std::remove_if(scheduled_.begin(), scheduled_.end(), same), scheduled_.end());
  if (activation.state == CatalogActivation::State::kScheduled) {
    const auto later = [](const CatalogActivation& a, const CatalogActivation& b) {
      return a.activate_time < b.activate_time;
    };
    scheduled_.insert(std::upper_bound(scheduled_.begin(), scheduled_.end(), activation, later), activation);
  } else if (activation.state == CatalogActivation::State::kDone) {
    last_order_ = activation.order;
    active_number_ = activation.number;
    retired_.push_back(active_->Pin());
    if (prepare_) prepare_(catalog);
    active_->Swap(std::move(catalog));
  }
  if (told_) told_(activation);
  return absl::OkStatus();
}

absl::StatusOr<Publication> CatalogPublisher::Publish(const CatalogText& text, const CatalogOrder& order,
                                                      bool validate_only) {
  if (absl::Status s = CheckOrder(order); !s.ok()) return s;
  auto checked = Check(text);
  if (!checked.ok()) return checked.status();
  if (checked->catalog == nullptr) return MistakesStatus(checked->mistakes);
  Publication publication;
  publication.warnings = std::move(checked->warnings);

  absl::MutexLock lock(&mutex_);
  auto newest = NewestVersion();
  if (!newest.ok()) return newest.status();
  checked->catalog->version = *newest + 1;
  publication.catalog = std::move(checked->catalog);
  if (validate_only) return publication;
  const Catalog& catalog = *publication.catalog;
  publication.activation = NewActivation(catalog.version, CatalogActivation::Cause::kPublication, order);
  PublishedCatalog kept{catalog.version,
                        text.yaml,
                        text.file_name,
                        text.window_shift_days,
                        order.author,
                        order.note,
                        publication.activation.request_time};
  kept.yaml_bytes = static_cast<int64_t>(text.yaml.size());
  kept.offer_count = static_cast<int>(catalog.offers.size());
  kept.segment_count = static_cast<int>(catalog.segments.size());
  if (absl::Status s = Commit(&kept, publication.catalog, publication.activation); !s.ok()) return s;
  return publication;
}

absl::StatusOr<int64_t> CatalogPublisher::VersionWithoutActivation(
    const std::vector<CatalogActivation>& history) const {
  int64_t first_published = INT64_MAX;
  for (const CatalogActivation& a : history) {
    if (a.cause == CatalogActivation::Cause::kPublication) first_published = std::min(first_published, a.version);
  }
  return first_published == INT64_MAX ? NewestVersion() : first_published - 1;  // versions have no gaps
}

absl::StatusOr<int64_t> CatalogPublisher::VersionBefore() const {
  auto history = archive_->ListActivations(0, SIZE_MAX);
  if (!history.ok()) return history.status();
  const int64_t active = active_->Pin()->version;
  const CatalogActivation* before = nullptr;
  for (const CatalogActivation& a : *history) {
    if (a.state != CatalogActivation::State::kDone || a.version >= active) continue;
    if (before == nullptr || a.order > before->order) before = &a;
  }
  if (before != nullptr) return before->version;
  auto first = VersionWithoutActivation(*history);
  if (!first.ok()) return first.status();
  if (*first > 0 && *first < active) return *first;
  return absl::FailedPreconditionError("version: no older one was ever active; name the one to activate");
}

absl::StatusOr<CatalogActivation> CatalogPublisher::Activate(int64_t version, const CatalogOrder& order,
                                                             bool roll_back) {
  if (absl::Status s = CheckOrder(order); !s.ok()) return s;
  if (version < 0) return absl::InvalidArgumentError("version: must not be negative");
  absl::MutexLock lock(&mutex_);
  const int64_t active = active_->Pin()->version;
  if (version == 0) {
    if (!roll_back) return absl::InvalidArgumentError("version: is required");
    auto before = VersionBefore();
    if (!before.ok()) return before.status();
    version = *before;
  }
  const bool at_once = order.activate_time <= clock_->Now();
  if (version == active && at_once) {
    return absl::FailedPreconditionError(absl::StrCat("version: ", version, " is active already"));
  }
  if (roll_back && version >= active) {
    return absl::FailedPreconditionError(absl::StrCat("version: ", version, " is not older than the active one, ",
                                                      active, "; activate it instead of rolling back"));
  }
  auto kept = archive_->Read(version);
  if (!kept.ok()) return kept.status();
  if (!kept->has_value()) return absl::NotFoundError(absl::StrCat("version: ", version, " was never published"));
  auto checked = Compile(**kept);  // also of one for later: it had better fail now
  if (!checked.ok()) return checked.status();
  const CatalogActivation activation = NewActivation(
      version, roll_back ? CatalogActivation::Cause::kRollback : CatalogActivation::Cause::kActivation, order);
  if (absl::Status s = Commit(nullptr, std::move(checked->catalog), activation); !s.ok()) return s;
  return activation;
}

absl::StatusOr<CatalogActivation> CatalogPublisher::Cancel(int64_t number, const std::string& author,
                                                           const std::string& note) {
  if (absl::Status s = CheckText("author", author, kMaxAuthorBytes); !s.ok()) return s;
  if (absl::Status s = CheckText("note", note, kMaxNoteBytes); !s.ok()) return s;
  absl::MutexLock lock(&mutex_);
  if (number <= 0 || number > last_number_) {
    return absl::NotFoundError(absl::StrCat("number: there is no activation ", number));
  }
  for (const CatalogActivation& scheduled : scheduled_) {
    if (scheduled.number != number) continue;
    CatalogActivation activation = scheduled;
    activation.state = CatalogActivation::State::kCancelled;
    activation.end_time = clock_->Now();
    activation.end_author = author;
    activation.end_note = note;
    if (absl::Status s = Commit(nullptr, nullptr, activation); !s.ok()) return s;
    return activation;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("number: activation ", number, " is no longer scheduled; see ListActivations"));
}

absl::StatusOr<bool> CatalogPublisher::Resume() {
  absl::MutexLock lock(&mutex_);
  auto history = archive_->ListActivations(0, SIZE_MAX);
  if (!history.ok()) return history.status();
  int64_t version = 0;
  for (const CatalogActivation& a : *history) {
    last_number_ = std::max(last_number_, a.number);
    if (a.state == CatalogActivation::State::kScheduled) scheduled_.push_back(a);
    if (a.state != CatalogActivation::State::kDone || a.order <= last_order_) continue;
    last_order_ = a.order;
    active_number_ = a.number;
    version = a.version;
  }
  std::sort(scheduled_.begin(), scheduled_.end(), [](const CatalogActivation& a, const CatalogActivation& b) {
    return std::pair(a.activate_time, a.number) < std::pair(b.activate_time, b.number);
  });
  if (version == 0) {
    auto first = VersionWithoutActivation(*history);
    if (!first.ok()) return first.status();
    version = *first;
  }
  if (version == 0) return false;
  auto kept = archive_->Read(version);
  if (!kept.ok()) return kept.status();
  if (!kept->has_value()) return false;
  auto checked = Compile(**kept);
  if (!checked.ok()) return checked.status();
  active_->Swap(std::move(checked->catalog));
  return true;
}

absl::Time CatalogPublisher::ActivateDue() {
  // Each try compiles the catalog, which may take seconds.
  constexpr absl::Duration kRetry = absl::Seconds(10);
  absl::MutexLock lock(&mutex_);
  while (!scheduled_.empty() && scheduled_.front().activate_time <= clock_->Now()) {
    CatalogActivation activation = scheduled_.front();
    auto kept = archive_->Read(activation.version);
    if (absl::IsUnavailable(kept.status())) return clock_->Now() + kRetry;
    absl::StatusOr<CheckedCatalog> checked = absl::NotFoundError("the version is gone");
    if (!kept.ok()) {
      checked = kept.status();
    } else if (kept->has_value()) {
      checked = Compile(**kept);
    }
    if (checked.ok()) {
      Done(&activation);
    } else {
      activation.state = CatalogActivation::State::kFailed;
      activation.end_time = clock_->Now();
      activation.end_note = std::string(CutUtf8(checked.status().message(), kMaxNoteBytes));
    }
    auto catalog = checked.ok() ? std::move(checked->catalog) : nullptr;
    if (!Commit(nullptr, std::move(catalog), activation).ok()) return clock_->Now() + kRetry;
  }
  return scheduled_.empty() ? absl::InfiniteFuture() : scheduled_.front().activate_time;
}

absl::StatusOr<PublishedCatalog> CatalogPublisher::Read(int64_t version) const {
  if (version < 0) return absl::InvalidArgumentError("version: must not be negative; 0 is the active one");
  const int64_t wanted = version == 0 ? active_->Pin()->version : version;
  if (wanted == 0) return absl::NotFoundError("no catalog is active yet; publish one with PublishCatalog");
  auto kept = archive_->Read(wanted);
  if (!kept.ok()) return kept.status();
  if (kept->has_value()) return **std::move(kept);
  return absl::NotFoundError(absl::StrCat("version: ", wanted, " was never published"));
}

absl::StatusOr<std::shared_ptr<const Catalog>> CatalogPublisher::Compiled(int64_t version) const {
  const absl::StatusOr<PublishedCatalog> kept = Read(version);
  if (!kept.ok()) return kept.status();
  absl::StatusOr<CheckedCatalog> checked = Compile(*kept);
  if (!checked.ok()) return checked.status();
  return std::move(checked->catalog);
}

absl::StatusOr<std::vector<PublishedCatalog>> CatalogPublisher::List(int64_t before, size_t limit) const {
  return archive_->List(before, limit);
}

absl::StatusOr<std::vector<CatalogActivation>> CatalogPublisher::ListActivations(int64_t before, size_t limit) const {
  return archive_->ListActivations(before, limit);
}

std::vector<CatalogActivation> CatalogPublisher::Scheduled() const {
  absl::MutexLock lock(&mutex_);
  return scheduled_;
}

int64_t CatalogPublisher::active_activation() const {
  absl::MutexLock lock(&mutex_);
  return active_number_;
}

absl::StatusOr<std::vector<CatalogChange>> CatalogPublisher::Diff(int64_t before, int64_t after) const {
  auto kept = Read(after);
  if (!kept.ok()) return kept.status();
  return Diff(before, CatalogText{std::move(kept->yaml), kept->file_name, kept->window_shift_days});
}

absl::StatusOr<std::vector<CatalogChange>> CatalogPublisher::Diff(int64_t before, const CatalogText& after) const {
  if (absl::Status s = CheckLimits(after); !s.ok()) return s;
  auto kept = Read(before);
  if (!kept.ok()) return kept.status();
  auto old_draft = DraftOf(kept->yaml, kept->file_name);
  if (!old_draft.ok()) return old_draft.status();
  auto new_draft = DraftOf(after.yaml, after.file_name);
  if (!new_draft.ok()) return new_draft.status();
  std::vector<CatalogChange> changes = DiffCatalogs(*old_draft, *new_draft);
  if (kept->window_shift_days != after.window_shift_days) {
    changes.insert(
        changes.begin(),
        {"windows",
         {absl::StrCat("moved by ", after.window_shift_days, " days, were moved by ", kept->window_shift_days)}});
  }
  return changes;
}

bool CatalogPublisher::FreeRetired() {
  std::vector<std::shared_ptr<const Catalog>> freed;
  absl::MutexLock lock(&mutex_);
  auto in_use = [](const std::shared_ptr<const Catalog>& catalog) { return catalog.use_count() > 1; };
  const auto first_free = std::partition(retired_.begin(), retired_.end(), in_use);
  freed.assign(std::make_move_iterator(first_free), std::make_move_iterator(retired_.end()));
  retired_.erase(first_free, retired_.end());
  return !retired_.empty();
}

}  // namespace nbo::server
