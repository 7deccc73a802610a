// Catalogs that were in force once: decisions are read, answered again and computed again with the catalog that made
// them.
#ifndef NBO_SERVER_CATALOG_LIBRARY_H_
#define NBO_SERVER_CATALOG_LIBRARY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/catalog/active.h"
#include "server/catalog/publisher.h"

namespace nbo::server {

// Thread-safe; both pointers must outlive it.
class CatalogLibrary {
 public:
  CatalogLibrary(const ActiveCatalog* active, const CatalogPublisher* publisher)
      : active_(active), publisher_(publisher) {}

  // A version that was published. The active one and those asked for lately are at hand; another one is compiled, which
  // takes a second for ten thousand offers. Version 0
  // is the empty catalog. NOT_FOUND: there is none; INVALID_ARGUMENT: this nbod does not accept it any more;
  // UNAVAILABLE.
  absl::StatusOr<std::shared_ptr<const Catalog>> Get(int64_t version) const;
  // Puts one at hand: one that comes into force will be asked for when it no longer is.
  void Keep(std::shared_ptr<const Catalog> catalog) const;

 private:
  static constexpr size_t kKept = 4;

  const ActiveCatalog* const active_;
  const CatalogPublisher* const publisher_;
  mutable absl::Mutex mutex_;
  mutable std::deque<std::shared_ptr<const Catalog>> kept_ ABSL_GUARDED_BY(mutex_);  // asked for last, first
};

}  // namespace nbo::server

#endif  // NBO_SERVER_CATALOG_LIBRARY_H_
