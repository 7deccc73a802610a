#include "tests/crash/shop.h"

#include <array>
#include <chrono>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace nbo::crash {
namespace {

constexpr int kTills = 8;
constexpr uint64_t kCustomersPerRound = 150, kNewPerRound = 30;
constexpr char kTreatments[] =
    "    treatments:\n"
    "      - {channel: POS, locale: en, script: s}\n"
    "      - {channel: MOBILE_APP, locale: en, title: t, body: b}\n"
    "      - {channel: WEB, locale: en, title: t, body: b}\n"
    "      - {channel: KIOSK, locale: en, title: t, body: b}\n";

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(timestamp.seconds()))));
  return timestamp;
}

void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
}

}  // namespace

std::string ShopCatalog() {
  std::string yaml =
      "catalog: crash\ncurrency: USD\ndefault_locale: en\nscore: offer.value - offer.cost\n"
      "contact_policy:\n"
      "  caps:\n"
      "    - {max: 6, days: 1}\n"
      "    - {max: 2, days: 1, channel: POS}\n"
      "    - {max: 3, days: 1, offer: \"*\"}\n"
      "  reservation_minutes: {default: 1}\n"
      "  presumed: [KIOSK]\n"
      "offers:\n";
  const auto add = [&](const char* id, const char* value, const char* more) {
    absl::StrAppend(&yaml, "  - id: ", id, "\n    name: ", id, "\n    kind: discount\n    value: ", value,
                    "\n    cost: 0.51\n    propensity: 0.1\n", more, kTreatments);
  };
  add("scarce", "5.0", "    budget: {count: 150}\n");
  add("costly", "4.0", "    budget: {amount: 90.00}\n    supplier: {name: acme, share: 0.5}\n");
  add("plenty", "3.0", "    budget: {count: 1000000}\n");
  add("free", "2.0", "");
  return yaml;
}

struct Shop::Till {
  std::unique_ptr<v1::DecisionService::Stub> decisions;
  std::unique_ptr<v1::EventService::Stub> events;
  std::mt19937_64 random;
  int number = 0;
  int asked = 0;

  uint64_t Below(uint64_t bound) { return random() % bound; }
  bool Chance(uint64_t percent) { return Below(100) < percent; }
};

Shop::Shop(int port, uint64_t seed, int round, bool only_unsettled, ShopRecord* record)
    : port_(port), seed_(seed), round_(round), only_unsettled_(only_unsettled), record_(record) {
  for (int i = 0; i < kTills; ++i) threads_.emplace_back([this, i] { Run(i); });
}

void Shop::Join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::vector<std::string> Shop::complaints() const {
  absl::MutexLock lock(&mutex_);
  return complaints_;
}

void Shop::Complain(const std::string& what, const grpc::Status& status) {
  if (dying_) return;
  absl::MutexLock lock(&mutex_);
  if (complaints_.size() >= 20) return;
  complaints_.push_back(absl::StrCat(what, ": code ", static_cast<int>(status.error_code()), ": ",
                                     status.error_message(), " (the server was not killed)"));
}

void Shop::Run(int number) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // each till has its connection
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto channel =
      grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials(), arguments);
  channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10));
  Till till;
  till.decisions = v1::DecisionService::NewStub(channel);
  till.events = v1::EventService::NewStub(channel);
  std::seed_seq seeds{seed_, uint64_t(round_), uint64_t(number)};
  till.random.seed(seeds);
  till.number = number;
  while (Step(&till)) {
  }
}

bool Shop::Step(Till* till) {
  if (std::optional<v1::Outcome> outcome = record_->NextOutcome()) return Tell(*outcome, till);
  if (std::optional<v1::GetOffersRequest> request = record_->NextRequest()) {
    v1::GetOffersResponse response;
    return Ask(*request, till, &response);
  }
  return !only_unsettled_ && !dying_ && Serve(till);
}

// One customer comes, sees and goes.
bool Shop::Serve(Till* till) {
  const std::string customer_id =
      absl::StrCat(kShopper, static_cast<uint64_t>(round_) * kNewPerRound + till->Below(kCustomersPerRound));
  if (!Introduce(customer_id, till)) return false;
  v1::GetOffersRequest request;
  request.mutable_customer()->set_customer_id(customer_id);
  request.set_channel(
      std::array{v1::CHANNEL_POS, v1::CHANNEL_MOBILE_APP, v1::CHANNEL_WEB, v1::CHANNEL_KIOSK}[till->Below(4)]);
  if (till->Chance(50)) request.set_terminal_id(absl::StrCat("terminal ", till->Below(2)));
  request.set_max_offers(static_cast<int>(1 + till->Below(2)));
  request.set_request_id(absl::StrCat("r-", round_, "-", till->number, "-", till->asked++));
  v1::GetOffersResponse response;
  return Ask(request, till, &response) && TellStory(request, response, till);
}

// Only who is known gets personal offers.
bool Shop::Introduce(const std::string& customer_id, Till* till) {
  if (record_->IsIntroduced(customer_id)) return true;
  grpc::ClientContext context;
  SetDeadline(&context);
  v1::RecordPurchaseRequest request;
  v1::Purchase* purchase = request.mutable_purchase();
  purchase->mutable_customer()->set_customer_id(customer_id);
  purchase->set_receipt_id(absl::StrCat("of ", customer_id));
  purchase->mutable_time()->set_seconds(1'735'689'600);
  purchase->set_channel(v1::CHANNEL_POS);
  v1::PurchaseLine* line = purchase->add_lines();
  line->set_product_id("p");
  line->set_quantity_milli(1000);
  line->set_amount_minor(100);
  v1::RecordPurchaseResponse response;
  const grpc::Status status = till->events->RecordPurchase(&context, request, &response);
  if (!status.ok()) {
    Complain("RecordPurchase", status);
    return false;
  }
  record_->Introduced(customer_id);
  return true;
}

bool Shop::Ask(const v1::GetOffersRequest& request, Till* till, v1::GetOffersResponse* response) {
  grpc::ClientContext context;
  SetDeadline(&context);
  record_->Asked(request);
  const grpc::Status status = till->decisions->GetOffers(&context, request, response);
  if (!status.ok()) {
    record_->Unanswered(request);
    Complain("GetOffers", status);
    return false;
  }
  record_->Answered(request, *response);
  if (response->tier() != v1::ANSWER_TIER_FULL) {
    Complain(absl::StrCat("GetOffers answers of ", v1::AnswerTier_Name(response->tier()), ", ",
                          v1::TierReason_Name(response->tier_reason())),
             status);
  }
  return true;
}

bool Shop::TellStory(const v1::GetOffersRequest& request, const v1::GetOffersResponse& response, Till* till) {
  for (const v1::RankedOffer& offer : response.offers()) {
    const auto tell = [&](v1::OutcomeKind kind) {
      v1::Outcome outcome;
      outcome.set_attribution_token(offer.attribution_token());
      outcome.set_kind(kind);
      *outcome.mutable_time() = ToTimestamp(absl::Now());
      if (kind == v1::OUTCOME_KIND_REDEEMED && till->Chance(50)) {
        outcome.set_amount_minor(static_cast<int64_t>(till->Below(90)));
      }
      return Tell(outcome, till);
    };
    if (till->Chance(40)) continue;  // nobody looked
    // Answers at a kiosk count as presented: nothing new would be told.
    if (request.channel() != v1::CHANNEL_KIOSK && !tell(v1::OUTCOME_KIND_RENDERED)) return false;
    if (till->Chance(40) && !tell(till->Chance(50) ? v1::OUTCOME_KIND_ACCEPTED : v1::OUTCOME_KIND_DECLINED)) {
      return false;
    }
    if (till->Chance(40) && !tell(v1::OUTCOME_KIND_REDEEMED)) return false;
  }
  return true;
}

bool Shop::Tell(const v1::Outcome& outcome, Till* till) {
  grpc::ClientContext context;
  SetDeadline(&context);
  v1::RecordOutcomeRequest request;
  *request.mutable_outcome() = outcome;
  record_->Telling(outcome);
  v1::RecordOutcomeResponse response;
  const grpc::Status status = till->events->RecordOutcome(&context, request, &response);
  if (status.ok()) {
    record_->Told(outcome, response.result());
    return true;
  }
  record_->Untold(outcome);
  Complain("RecordOutcome", status);
  return false;
}

}  // namespace nbo::crash
