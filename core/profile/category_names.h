// The names behind the category keys in states.
#ifndef NBO_CORE_PROFILE_CATEGORY_NAMES_H_
#define NBO_CORE_PROFILE_CATEGORY_NAMES_H_

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace nbo {

// Grows only, up to kMaxCategories. Thread-safe.
class CategoryNames {
 public:
  // How a name stands to the known ones.
  enum class Standing {
    kKnown,
    kNew,       // may be added
    kFull,      // new, and there is no room
    kCollides,  // another name has the same key (one in 2^64)
  };
  Standing StandingOf(absl::string_view name) const;
  void Add(absl::string_view name);
  // The name, or "" for an unknown key.
  std::string Name(uint64_t key) const;
  size_t size() const;

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<uint64_t, std::string> names_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_CATEGORY_NAMES_H_
