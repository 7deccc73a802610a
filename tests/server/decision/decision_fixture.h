// Everything between a request and the ledger, in memory, with the clock in our hand: handlers for receipts,
// statements, offers, outcomes and the log.
#ifndef NBO_TESTS_SERVER_DECISION_DECISION_FIXTURE_H_
#define NBO_TESTS_SERVER_DECISION_DECISION_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/catalog/terms.h"
#include "server/catalog/publisher.h"
#include "server/handlers/decision_log_handler.h"
#include "server/handlers/outcome_handler.h"
#include "tests/server/catalog/catalog_text.h"
#include "tests/server/decision/deciding.h"
#include "tests/server/handlers/customer_fixture.h"

namespace nbo::server {

// States by the bytes that stand for them in records.
class StateShelf {
 public:
  std::string Keep(const CustomerState& state) {
    absl::MutexLock lock(&mutex_);
    states_.push_back(state);
    return absl::StrCat(states_.size());
  }
  absl::Status Find(absl::string_view bytes, CustomerState* state) {
    size_t number = 0;
    absl::MutexLock lock(&mutex_);
    if (!absl::SimpleAtoi(bytes, &number) || number == 0 || number > states_.size())
      return absl::DataLossError("state");
    *state = states_[number - 1];
    return absl::OkStatus();
  }

 private:
  absl::Mutex mutex_;
  std::vector<CustomerState> states_ ABSL_GUARDED_BY(mutex_);
};

class DecisionTest : public CustomerTest {
 protected:
  // `policy`: sections before the offers; `offers`: texts of OfferText.
  static std::string Yaml(const std::string& policy, const std::string& offers) {
    std::string yaml = CatalogYaml(offers);
    return yaml.insert(yaml.find("offers:"), policy);
  }
  // Activates the catalog, with its budgets.
  void Publish(const std::string& yaml) {
    const auto published = publisher_.Publish({yaml, "c.yaml", 0}, {});
    ASSERT_TRUE(published.ok()) << published.status();
    const auto catalog = active_.Pin();
    deciding_.gauge()->Swap(catalog->version, deciding_.budgets()->SetLimits(catalog->offers.size(),
                                                                             BudgetsOf(*catalog, 100), clock_.Now()));
  }
  // Makes a known customer.
  void Know(const std::string& customer) {
    ASSERT_TRUE(Record(PurchaseOf(CustomerOf(customer), absl::StrCat("first-", customer))).status.ok());
  }

  static v1::GetOffersRequest Asking(const std::string& customer, v1::Channel channel = v1::CHANNEL_POS,
                                     const std::string& request_id = "") {
    v1::GetOffersRequest request;
    *request.mutable_customer() = CustomerOf(customer);
    request.set_channel(channel);
    request.set_request_id(request_id);
    request.set_max_offers(10);
    return request;
  }
  v1::GetOffersResponse Offers(const v1::GetOffersRequest& request) {
    v1::GetOffersResponse response;
    const absl::Status status = decisions_.GetOffers(request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  v1::GetOffersResponse Offers(const std::string& customer, v1::Channel channel = v1::CHANNEL_POS) {
    return Offers(Asking(customer, channel));
  }
  static std::vector<std::string> Ids(const v1::GetOffersResponse& response) {
    std::vector<std::string> ids;
    for (const auto& offer : response.offers()) ids.push_back(offer.offer_id());
    return ids;
  }

  v1::RecordOutcomeRequest OutcomeOf(const std::string& token, v1::OutcomeKind kind) {
    v1::RecordOutcomeRequest request;
    request.mutable_outcome()->set_attribution_token(token);
    request.mutable_outcome()->set_kind(kind);
    FromTime(clock_.Now(), request.mutable_outcome()->mutable_time());
    return request;
  }
  Answer<v1::RecordOutcomeResponse> Tell(const v1::RecordOutcomeRequest& request) {
    return Call<v1::RecordOutcomeResponse>(outcomes_, &OutcomeHandler::RecordOutcome, request);
  }
  Answer<v1::RecordOutcomeResponse> Tell(const std::string& token, v1::OutcomeKind kind) {
    return Tell(OutcomeOf(token, kind));
  }
  std::vector<v1::LogEntry> Log() {
    v1::ListEntriesRequest request;
    request.set_page_size(1000);
    std::vector<v1::LogEntry> entries;
    while (true) {
      v1::ListEntriesResponse response;
      EXPECT_TRUE(log_.ListEntries(request, &response).ok());
      entries.insert(entries.end(), response.entries().begin(), response.entries().end());
      if (response.next_page_token().empty()) return entries;
      request.set_page_token(response.next_page_token());
    }
  }
  void Advance(absl::Duration duration) { clock_.Set(clock_.Now() + duration); }

  FakeRandomness randomness_;
  ActiveStoreZones zones_;
  MemoryCatalogArchive archive_;
  ActiveCatalog active_;
  ActivePopulation population_;
  ActiveSwitches switches_;
  CatalogPublisher publisher_{"USD", &archive_, &active_, &clock_};
  StateShelf shelf_;
  Deciding deciding_{
      &active_, &archive_, &clock_, &randomness_, &switches_, {100, 0}, [this](const CustomerState& state) {
        return shelf_.Keep(state);
      }};
  DecisionHandler decisions_{&store_, &active_, &population_, &clock_, deciding_.decider(), absl::UTCTimeZone(),
                             &zones_, false};
  Metrics metrics_;
  OutcomeHandler outcomes_{&store_, deciding_.ledger(), deciding_.log(), &clock_, rules_, &metrics_};
  DecisionLogHandler log_{deciding_.log(), deciding_.catalogs(), 100,
                          [this](absl::string_view bytes, CustomerState* state) { return shelf_.Find(bytes, state); }};
  StatementHandler statements_with_ledger_{&store_, &pipeline_, &clock_, rules_, deciding_.ledger()};
};

}  // namespace nbo::server

#endif  // NBO_TESTS_SERVER_DECISION_DECISION_FIXTURE_H_
