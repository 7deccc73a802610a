#include "server/catalog/publisher.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/base/text.h"

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

absl::StatusOr<std::variant<std::shared_ptr<Catalog>, std::vector<Diagnostic>>> CatalogPublisher::Check(
    const CatalogText& text) const {
  if (absl::Status s = CheckLimits(text); !s.ok()) return s;
  return CompileYaml(text.yaml, text.file_name, {currency_, text.window_shift_days});
}

absl::StatusOr<std::shared_ptr<const Catalog>> CatalogPublisher::Publish(const CatalogText& text,
                                                                         const std::string& author,
                                                                         const std::string& note, bool validate_only) {
  if (absl::Status s = CheckText("author", author, kMaxAuthorBytes); !s.ok()) return s;
  if (absl::Status s = CheckText("note", note, kMaxNoteBytes); !s.ok()) return s;
  auto checked = Check(text);
  if (!checked.ok()) return checked.status();
  if (auto* diagnostics = std::get_if<std::vector<Diagnostic>>(&*checked)) return MistakesStatus(*diagnostics);
  std::shared_ptr<Catalog> catalog = std::get<std::shared_ptr<Catalog>>(*std::move(checked));

  absl::MutexLock lock(&publish_mutex_);
  auto newest = archive_->Read(0);
  if (!newest.ok()) return newest.status();
  catalog->version = newest->has_value() ? (*newest)->version + 1 : 1;
  if (validate_only) return catalog;
  PublishedCatalog kept{catalog->version, text.yaml, text.file_name, text.window_shift_days,
                        author,           note,      clock_->Now()};
  if (absl::Status s = archive_->Append(kept); !s.ok()) return s;
  active_->Swap(catalog);
  return catalog;
}

absl::StatusOr<bool> CatalogPublisher::ActivateNewest() {
  auto kept = archive_->Read(0);
  if (!kept.ok()) return kept.status();
  if (!kept->has_value()) return false;
  auto compiled = CompileYaml((*kept)->yaml, (*kept)->file_name, {currency_, (*kept)->window_shift_days});
  if (auto* diagnostics = std::get_if<std::vector<Diagnostic>>(&compiled)) return MistakesStatus(*diagnostics);
  std::shared_ptr<Catalog> catalog = std::get<std::shared_ptr<Catalog>>(std::move(compiled));
  catalog->version = (*kept)->version;
  active_->Swap(std::move(catalog));
  return true;
}

absl::StatusOr<PublishedCatalog> CatalogPublisher::Read(int64_t version) const {
  if (version < 0) return absl::InvalidArgumentError("version: must not be negative; 0 is the active one");
  auto kept = archive_->Read(version);
  if (!kept.ok()) return kept.status();
  if (kept->has_value()) return **std::move(kept);
  return absl::NotFoundError(version == 0 ? "no catalog was published yet; publish one with PublishCatalog"
                                          : absl::StrCat("version: ", version, " was never published"));
}

}  // namespace nbo::server
