// All that is kept of one customer, in memory: for what touches more than single receipts (moving receipts to another
// customer, erasing, dropping old ones, exporting, making the state anew).
#ifndef NBO_CORE_PROFILE_BOOK_H_
#define NBO_CORE_PROFILE_BOOK_H_

#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/profile/store.h"

namespace nbo {

// Read, change, and Keep. Not thread-safe; nobody else may write the customer between Read and the write.
class CustomerBook {
 public:
  // One receipt with the revisions that it replaced. What other receipts took back of it is kept with those.
  struct Event {
    ReceiptContent content;
    std::vector<OldRevision> older;
  };
  using Events = std::map<ReceiptKey, Event>;

  // Reads everything. FAILED_PRECONDITION if there are more than `max_receipts` receipts. With `mend` the state is not
  // believed: one that cannot be decoded (else DATA_LOSS) counts as one without consents and attributes, and
  // nothing limits the receipts.
  static absl::StatusOr<CustomerBook> Read(const ProfileStore& store, absl::string_view customer_id,
                                           int64_t max_receipts, bool mend = false);

  const std::string& customer_id() const { return customer_id_; }
  const Events& events() const { return events_; }
  const CustomerState& base() const { return base_; }
  // As read; State() is what it should be.
  const CustomerState& stored_state() const { return stored_; }

  // Takes out the events for which `moves` is true.
  Events Take(absl::FunctionRef<bool(const ReceiptKey&, const ReceiptContent&)> moves);
  // Takes in events. Of two under one key the higher revision counts, then the greater digest, so that the order does
  // not matter; the other one joins the old revisions.
  void Put(Events events);
  // Takes over everything of a customer who turned out to be the same person; `other` is empty afterwards.
  void Absorb(CustomerBook* other);
  // Adds the sums of the events under the given keys to the base and drops the events.
  void SumUp(const std::vector<ReceiptKey>& keys);
  void set_not_before(absl::Time time) { not_before_ = time; }

  // The state that all this amounts to.
  CustomerState State() const;

  // Adds to the group what makes the store agree with the book. `group` points into the book, which must stay where it
  // is until the group is written. Call once.
  void Keep(WriteGroup* group);

 private:
  std::map<ReceiptKey, ReceiptRecord> MakeRecords() const;
  bool known() const { return !events_.empty() || !base_.empty() || !consents_.empty() || !attributes_.empty(); }

  std::string customer_id_;
  std::map<ReceiptKey, ReceiptRecord> before_;  // as stored
  Events events_;
  CustomerState stored_, base_;
  bool had_state_ = false, had_base_ = false;
  std::vector<Consent> consents_;
  std::vector<Attribute> attributes_;
  absl::Time not_before_ = absl::InfinitePast();
  // What Keep points to.
  std::map<ReceiptKey, ReceiptRecord> after_;
  CustomerState state_;
};

}  // namespace nbo

#endif  // NBO_CORE_PROFILE_BOOK_H_
