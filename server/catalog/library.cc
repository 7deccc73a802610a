#include "server/catalog/library.h"

#include <algorithm>
#include <utility>

namespace nbo::server {

absl::StatusOr<std::shared_ptr<const Catalog>> CatalogLibrary::Get(int64_t version) const {
  std::shared_ptr<const Catalog> active = active_->Pin();
  if (active->version == version) return active;
  if (version == 0) return std::make_shared<const Catalog>();
  {
    absl::MutexLock lock(&mutex_);
    const auto known =
        std::find_if(kept_.begin(), kept_.end(), [&](const auto& one) { return one->version == version; });
    if (known != kept_.end()) {
      std::rotate(kept_.begin(), known, known + 1);
      return kept_.front();
    }
  }
  absl::StatusOr<std::shared_ptr<const Catalog>> compiled = publisher_->Compiled(version);
  if (compiled.ok()) Keep(*compiled);
  return compiled;
}

void CatalogLibrary::Keep(std::shared_ptr<const Catalog> catalog) const {
  absl::MutexLock lock(&mutex_);
  const auto is_it = [&](const auto& one) { return one->version == catalog->version; };
  kept_.erase(std::remove_if(kept_.begin(), kept_.end(), is_it), kept_.end());
  kept_.push_front(std::move(catalog));
  if (kept_.size() > kKept) kept_.pop_back();
}

}  // namespace nbo::server
