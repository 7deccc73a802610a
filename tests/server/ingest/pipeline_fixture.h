// A pipeline over a store that can be told to fail or to wait.
#ifndef NBO_TESTS_SERVER_INGEST_PIPELINE_FIXTURE_H_
#define NBO_TESTS_SERVER_INGEST_PIPELINE_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "core/base/hash.h"
#include "server/ingest/pipeline.h"
#include "tests/core/profile/flaky_store.h"
#include "tests/core/profile/random_receipts.h"
#include "tests/server/fakes.h"

namespace nbo::server {

inline constexpr Day kToday = 19'000;

inline Receipt Numbered(const std::string& customer, int number) {
  return ReceiptOf(customer, absl::StrCat(number), kToday, {Bought("A", number)});
}
inline Identity Card(const std::string& number) { return {IdentityType::kLoyaltyCard, number}; }
inline Receipt ByCard(const std::string& card, int number) {
  Receipt receipt = Numbered("", number);
  receipt.addressed_by = Card(card);
  return receipt;
}
inline void Ignore(const absl::StatusOr<RecordResult>&, absl::string_view) {}

// What a callback of the pipeline told. One for each receipt; must outlive the pipeline or be waited for.
class Outcome {
 public:
  IngestPipeline::ReceiptDone Callback() {
    return [this](const absl::StatusOr<RecordResult>& result, absl::string_view customer_id) {
      result_ = result;
      customer_id_ = std::string(customer_id);
      done_.Notify();  // aborts if it is called twice
    };
  }
  bool called() const { return done_.HasBeenNotified(); }
  const absl::StatusOr<RecordResult>& result() const {
    done_.WaitForNotification();
    return result_;
  }
  const std::string& customer_id() const {
    done_.WaitForNotification();
    return customer_id_;
  }

 private:
  absl::Notification done_;
  absl::StatusOr<RecordResult> result_ = absl::UnknownError("never called back");
  std::string customer_id_;
};

class PipelineTest : public ::testing::Test {
 protected:
  std::unique_ptr<IngestPipeline> Make(IngestOptions options = {}) {
    return std::make_unique<IngestPipeline>(options, &store_, &observer_);
  }
  int64_t Receipts(const std::string& customer) {
    CustomerState state;
    EXPECT_TRUE(store_.ReadState(customer, &state).ok());
    return state.receipts;
  }
  // An id "<prefix><n>" whose partition has the given writer of two.
  static std::string IdOfWriter(const std::string& prefix, uint32_t writer) {
    int n = 0;
    while (PartitionOf(absl::StrCat(prefix, n)) % 2 != writer) ++n;
    return absl::StrCat(prefix, n);
  }
  static absl::Status Link(Registry* registry, const std::string& card, std::optional<std::string> customer,
                           absl::Time since = absl::UnixEpoch()) {
    return registry->Link(Card(card), customer, since).status();
  }

  FlakyStore store_;
  GatedObserver observer_;
};

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_INGEST_PIPELINE_FIXTURE_H_
