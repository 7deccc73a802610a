#include "tests/crash/shop_audit.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nbo/v1/budget_service.grpc.pb.h"
#include "nbo/v1/decision_log_service.grpc.pb.h"
#include "tests/crash/shop.h"

namespace nbo::crash {
namespace {

constexpr size_t kDifferencesTold = 20;
constexpr int kOverallCap = 6, kPosCap = 2, kOfferCap = 3;  // a day, which no run lasts

template <typename Service>
std::unique_ptr<typename Service::Stub> Connect(int port) {
  return Service::NewStub(grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
}

void SetDeadline(grpc::ClientContext* context) {
  context->set_wait_for_ready(true);
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
}

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

// A hold is filed under the next whole minute.
bool IsHeldUntil(absl::Time end, absl::Time now) {
  const int64_t minute = (absl::ToUnixMicros(end) + 59'999'999) / 60'000'000;
  return absl::ToUnixMicros(now) / 60'000'000 < minute;
}

bool IsOfShop(const v1::Decision& decision) { return absl::StartsWith(decision.customer_id(), kShopper); }

}  // namespace

absl::StatusOr<std::vector<v1::LogEntry>> ReadLog(int port) {
  const auto stub = Connect<v1::DecisionLogService>(port);
  std::vector<v1::LogEntry> log;
  v1::ListEntriesRequest request;
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::ListEntriesResponse response;
    const grpc::Status status = stub->ListEntries(&context, request, &response);
    if (!status.ok()) return absl::InternalError(absl::StrCat("ListEntries: ", status.error_message()));
    for (v1::LogEntry& entry : *response.mutable_entries()) log.push_back(std::move(entry));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return log;
}

ShopAudit::ShopAudit(const std::vector<v1::LogEntry>& log) {
  for (const v1::LogEntry& entry : log) {
    if (entry.has_decision()) {
      Add(entry.decision());
    } else {
      Add(entry.outcome());
    }
  }
}

void ShopAudit::Differ(const std::string& what) {
  if (differences_.size() < kDifferencesTold) differences_.push_back(what);
}

void ShopAudit::Add(const v1::Decision& decision) {
  const absl::Time now = ToTime(decision.decide_time());
  if (!decisions_.emplace(decision.decision_id(), &decision).second) {
    Differ(absl::StrCat("decision ", decision.decision_id(), " is in the log twice"));
  }
  if (IsOfShop(decision)) {
    const v1::Decision*& latest = latest_of_request_[decision.request_id()];
    if (latest != nullptr && now < ToTime(latest->expire_time())) {
      Differ(absl::StrCat("request ", decision.request_id(), " was decided again while its answer lived: ",
                          latest->decision_id(), ", ", decision.decision_id()));
    }
    latest = &decision;
  }
  std::vector<std::string>& tokens = of_customer_[decision.customer_id()];
  for (const std::string& token : tokens) {  // a device shows one answer at a time
    Given& other = given_[token];
    const bool same_place = !decision.terminal_id().empty() && other.terminal_id == decision.terminal_id() &&
                            other.channel == decision.channel();
    if (same_place && other.request_id != decision.request_id()) other.released = true;
  }
  for (const v1::DecidedOffer& offer : decision.offers()) {
    const std::string token = absl::StrCat(decision.decision_id(), ".", offer.rank());
    given_[token] = {decision.customer_id(),
                     offer.offer_id(),
                     decision.terminal_id(),
                     decision.request_id(),
                     decision.channel(),
                     offer.cost_minor(),
                     ToTime(decision.expire_time()),
                     decision.channel() == v1::CHANNEL_KIOSK};
    tokens.push_back(token);
  }
  if (IsOfShop(decision) && decision.offers_size() > 0) CheckCaps(decision, now);
}

void ShopAudit::CheckCaps(const v1::Decision& decision, absl::Time now) {
  int overall = 0, pos = 0;
  std::map<std::string, int> of_offer;
  for (const std::string& token : of_customer_[decision.customer_id()]) {
    const Given& given = given_[token];
    if (!given.Counts(now)) continue;
    ++overall;
    if (given.channel == v1::CHANNEL_POS) ++pos;
    ++of_offer[given.offer_id];
  }
  const auto check = [&](const std::string& what, int count, int cap) {
    if (count <= cap) return;
    Differ(absl::StrCat("decision ", decision.decision_id(), ": ", decision.customer_id(), " has ", count, " contacts ",
                        what, ", of ", cap));
  };
  check("in all", overall, kOverallCap);
  if (decision.channel() == v1::CHANNEL_POS) check("at tills", pos, kPosCap);
  for (const v1::DecidedOffer& offer : decision.offers()) {
    check(absl::StrCat("with ", offer.offer_id()), of_offer[offer.offer_id()], kOfferCap);
  }
}

void ShopAudit::Add(const v1::DecidedOutcome& outcome) {
  const ToldKey key{outcome.attribution_token(), outcome.kind()};
  if (!outcomes_.emplace(key, &outcome).second) {
    Differ(absl::StrCat(v1::OutcomeKind_Name(key.second), " of ", key.first, " is in the log twice"));
  }
  const auto it = given_.find(key.first);
  if (it == given_.end()) return Differ(absl::StrCat("an outcome of ", key.first, " is in the log, but no such offer"));
  const bool over = it->second.released || ToTime(outcome.receive_time()) >= it->second.expire;
  late_ |= over && !it->second.presented;
  it->second.presented = true;
  it->second.redeemed |= outcome.kind() == v1::OUTCOME_KIND_REDEEMED;
}

void ShopAudit::CheckRecord(const ShopRecord& record) {
  for (const Heard& heard : record.heard()) {
    const auto it = decisions_.find(heard.decision_id);
    if (it == decisions_.end()) {
      Differ(absl::StrCat("the answer ", heard.decision_id, " to ", heard.request_id, " is missing"));
      continue;
    }
    std::vector<std::string> offers;
    for (const v1::DecidedOffer& offer : it->second->offers()) offers.push_back(offer.offer_id());
    bool same = it->second->request_id() == heard.request_id && offers == heard.offer_ids;
    for (const std::string& token : heard.tokens) same = same && given_.contains(token);
    if (!same) Differ(absl::StrCat("the answer ", heard.decision_id, " to ", heard.request_id, " was another one"));
  }
  for (const ToldKey& key : record.acknowledged()) {
    if (outcomes_.contains(key)) continue;
    Differ(absl::StrCat(v1::OutcomeKind_Name(key.second), " of ", key.first, " was acknowledged and is missing"));
  }
  const std::set<ToldKey> sent = record.sent();
  for (const auto& [key, outcome] : outcomes_) {
    if (!sent.contains(key)) {
      Differ(absl::StrCat(v1::OutcomeKind_Name(key.second), " of ", key.first, " was never told"));
    }
  }
  const std::set<std::string> request_ids = record.request_ids();
  for (const auto& [request_id, decision] : latest_of_request_) {
    if (!request_ids.contains(request_id)) Differ(absl::StrCat("request ", request_id, " was never sent"));
  }
}

absl::Time ShopAudit::reservations_end() const {
  absl::Time end = absl::InfinitePast();
  for (const auto& [token, given] : given_) {
    if (!given.presented) end = std::max(end, given.expire);
  }
  return end + absl::Minutes(1);  // rounded up to whole ones
}

ShopAudit::Sums ShopAudit::SumsOf(const std::string& offer_id, absl::Time now) const {
  Sums sums;
  for (const auto& [token, given] : given_) {
    if (given.offer_id != offer_id) continue;
    if (given.redeemed) {
      const int64_t amount = outcomes_.at({token, v1::OUTCOME_KIND_REDEEMED})->amount_minor();
      ++sums.spent_count;
      sums.spent_minor += amount;
      if (offer_id == "costly") sums.supplier_minor += (amount + 1) / 2;  // half of it, half a cent rounded up
    } else if (given.presented || (!given.released && IsHeldUntil(given.expire, now))) {  // presented: for days
      ++sums.held_count;
      sums.held_minor += given.cost_minor;
    }
  }
  return sums;
}

std::string ShopAudit::ToText(const Sums& sums) {
  return absl::StrCat(sums.spent_count, " spent for ", sums.spent_minor, " (supplier ", sums.supplier_minor, "), ",
                      sums.held_count, " held for ", sums.held_minor);
}

absl::StatusOr<v1::ListBudgetsResponse> ShopAudit::ReadBudgets(int port, std::map<std::string, Sums>* expected) const {
  const auto stub = Connect<v1::BudgetService>(port);
  while (true) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::ListBudgetsResponse response;
    const absl::Time before = absl::Now();
    const grpc::Status status = stub->ListBudgets(&context, {}, &response);
    const absl::Time after = absl::Now();
    if (!status.ok()) return absl::InternalError(absl::StrCat("ListBudgets: ", status.error_message()));
    bool same = true;
    for (const v1::Budget& budget : response.budgets()) {
      const Sums sums = SumsOf(budget.offer_id(), after);
      same = same && SumsOf(budget.offer_id(), before) == sums;
      (*expected)[budget.offer_id()] = sums;
    }
    if (same) return response;  // else holds were over meanwhile
  }
}

void ShopAudit::CheckBudgets(int port) {
  std::map<std::string, Sums> expected;
  const absl::StatusOr<v1::ListBudgetsResponse> budgets = ReadBudgets(port, &expected);
  if (!budgets.ok()) return Differ(std::string(budgets.status().message()));
  if (expected.size() != 3) Differ(absl::StrCat("there are ", expected.size(), " budgets, not 3"));
  for (const v1::Budget& budget : budgets->budgets()) {
    const Sums found{budget.spent_count(), budget.spent_minor(), budget.supplier_minor(), budget.held_count(),
                     budget.held_minor()};
    if (!(found == expected[budget.offer_id()])) {
      Differ(absl::StrCat("budget of ", budget.offer_id(), ": ", ToText(found),
                          "; by the log: ", ToText(expected[budget.offer_id()])));
    }
    // What comes after its reservation was over counts all the same.
    if (!late_ && budget.has_limit_count() && found.spent_count + found.held_count > budget.limit_count()) {
      Differ(absl::StrCat("budget of ", budget.offer_id(), ": ", ToText(found), ", of ", budget.limit_count()));
    }
  }
}

std::string ShopAudit::Figures() const {
  int64_t empty = 0, presented = 0, redeemed = 0;
  for (const auto& [id, decision] : decisions_) empty += decision->offers_size() == 0;
  for (const auto& [token, given] : given_) {
    presented += given.presented;
    redeemed += given.redeemed;
  }
  return absl::StrCat(decisions_.size(), " decisions, ", empty, " of them empty, ", given_.size(), " offers given, ",
                      presented, " presented, ", redeemed, " redeemed, ", outcomes_.size(), " outcomes");
}

}  // namespace nbo::crash
