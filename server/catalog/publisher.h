// Checks, keeps and activates catalogs.
#ifndef NBO_SERVER_CATALOG_PUBLISHER_H_
#define NBO_SERVER_CATALOG_PUBLISHER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/catalog/active.h"
#include "core/catalog/archive.h"
#include "core/catalog/diff.h"
#include "server/catalog/source.h"

namespace nbo::server {

struct CatalogText {
  std::string yaml;
  std::string file_name;
  int window_shift_days = 0;
};

// What a check found. No catalog: there are mistakes.
struct CheckedCatalog {
  std::shared_ptr<Catalog> catalog;
  std::vector<Diagnostic> mistakes, warnings;
};

// Who wants something, why, and when.
struct CatalogOrder {
  std::string author;
  std::string note;
  absl::Time activate_time = absl::InfinitePast();  // not in the future: at once
};

struct Publication {
  std::shared_ptr<const Catalog> catalog;  // with its version
  std::vector<Diagnostic> warnings;
  CatalogActivation activation;  // number 0: nothing was changed
};

// The catalog in force is that of the activation that was done last; of a store without activations (written by older
// versions of nbod), the newest. Thread-safe: whatever changes something waits for its turn. All pointers must outlive
// it.
class CatalogPublisher {
 public:
  // Learns of every activation that was scheduled, done, cancelled or failed, after it was kept, in this order; on the
  // thread that did it. Must not call the publisher.
  using Told = std::function<void(const CatalogActivation&)>;
  // Sees a catalog directly before it comes into force: what goes with it is to be there first. As Told.
  using Prepare = std::function<void(const std::shared_ptr<const Catalog>&)>;

  CatalogPublisher(std::string currency, CatalogArchive* archive, ActiveCatalog* active, const Clock* clock,
                   absl::TimeZone time_zone = absl::UTCTimeZone(), Told told = nullptr, Prepare prepare = nullptr)
      : currency_(std::move(currency)),
        archive_(archive),
        active_(active),
        clock_(clock),
        time_zone_(time_zone),
        told_(std::move(told)),
        prepare_(std::move(prepare)) {}

  // Changes nothing. INVALID_ARGUMENT: the text itself is beyond a limit.
  absl::StatusOr<CheckedCatalog> Check(const CatalogText& text) const;

  // Checks, keeps durably, then activates, or schedules that: whole or not at all. INVALID_ARGUMENT lists the first
  // mistakes; UNAVAILABLE if it could not be kept.
  absl::StatusOr<Publication> Publish(const CatalogText& text, const CatalogOrder& order, bool validate_only = false);

  // Activates a kept version, now or later; `roll_back`: as a way back, 0 being the version that was active before.
  // NOT_FOUND; INVALID_ARGUMENT: it is no longer good; FAILED_PRECONDITION: it is active, or not older for a rollback.
  absl::StatusOr<CatalogActivation> Activate(int64_t version, const CatalogOrder& order, bool roll_back);

  // Withdraws a scheduled activation. NOT_FOUND, FAILED_PRECONDITION.
  absl::StatusOr<CatalogActivation> Cancel(int64_t number, const std::string& author, const std::string& note);

  // Reads what is scheduled and activates what was in force when the server ended, if there is anything. Returns
  // whether there was. To be called once, first.
  absl::StatusOr<bool> Resume();

  // Carries out what is due. Returns when to call it again: the next one is due, or the archive, which could not be
  // read or written, may have recovered; what is due stays so until then.
  absl::Time ActivateDue();

  // A kept version, or the active one for 0. NOT_FOUND.
  absl::StatusOr<PublishedCatalog> Read(int64_t version) const;
  // The same, compiled anew; for what was decided with it. INVALID_ARGUMENT: it is no longer good.
  absl::StatusOr<std::shared_ptr<const Catalog>> Compiled(int64_t version) const;
  absl::StatusOr<std::vector<PublishedCatalog>> List(int64_t before, size_t limit) const;
  absl::StatusOr<std::vector<CatalogActivation>> ListActivations(int64_t before, size_t limit) const;
  // The next one first.
  std::vector<CatalogActivation> Scheduled() const;
  // The number of the activation that is in force; 0: none.
  int64_t active_activation() const;

  // From one version to another (0: the active one), or to a text.
  absl::StatusOr<std::vector<CatalogChange>> Diff(int64_t before, int64_t after) const;
  absl::StatusOr<std::vector<CatalogChange>> Diff(int64_t before, const CatalogText& after) const;

  // Frees catalogs that are no longer in force and that no request uses any more: not on a request's thread, for ten
  // thousand offers take a while. Returns whether some are still in use.
  bool FreeRetired();

  ActiveCatalog& active() const { return *active_; }

 private:
  absl::StatusOr<CheckedCatalog> Compile(const PublishedCatalog& kept) const;
  absl::Status CheckOrder(const CatalogOrder& order) const;
  absl::StatusOr<int64_t> NewestVersion() const;
  absl::StatusOr<int64_t> VersionBefore() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The version that was in force before activations were kept; 0: none.
  absl::StatusOr<int64_t> VersionWithoutActivation(const std::vector<CatalogActivation>& history) const;
  CatalogActivation NewActivation(int64_t version, CatalogActivation::Cause cause, const CatalogOrder& order) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps the activation (and the version, if given); then puts the catalog into force if it is done, else remembers
  // what is scheduled.
  absl::Status Commit(const PublishedCatalog* kept, std::shared_ptr<const Catalog> catalog,
                      const CatalogActivation& activation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Done(CatalogActivation* activation) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string currency_;
  CatalogArchive* const archive_;
  ActiveCatalog* const active_;
  const Clock* const clock_;
  const absl::TimeZone time_zone_;
  const Told told_;
  const Prepare prepare_;
  mutable absl::Mutex mutex_;                                         // one change at a time: versions have no gaps
  std::vector<CatalogActivation> scheduled_ ABSL_GUARDED_BY(mutex_);  // in the order in which they are due
  int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t last_order_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t active_number_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::shared_ptr<const Catalog>> retired_ ABSL_GUARDED_BY(mutex_);
};

// INVALID_ARGUMENT whose message shows the first mistakes and counts the rest.
absl::Status MistakesStatus(const std::vector<Diagnostic>& diagnostics);

}  // namespace nbo::server

#endif  // NBO_SERVER_CATALOG_PUBLISHER_H_
