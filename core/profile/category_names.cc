#include "core/profile/category_names.h"

#include "core/base/limits.h"
#include "core/profile/state.h"

namespace nbo {

CategoryNames::Standing CategoryNames::StandingOf(absl::string_view name) const {
  absl::ReaderMutexLock lock(&mutex_);
  auto it = names_.find(CategoryKey(name));
  if (it != names_.end()) return it->second == name ? Standing::kKnown : Standing::kCollides;
  return names_.size() < kMaxCategories ? Standing::kNew : Standing::kFull;
}

void CategoryNames::Add(absl::string_view name) {
  absl::MutexLock lock(&mutex_);
  names_.emplace(CategoryKey(name), std::string(name));
}

std::string CategoryNames::Name(uint64_t key) const {
  absl::ReaderMutexLock lock(&mutex_);
  auto it = names_.find(key);
  return it == names_.end() ? "" : it->second;
}

size_t CategoryNames::size() const {
  absl::ReaderMutexLock lock(&mutex_);
  return names_.size();
}

}  // namespace nbo
