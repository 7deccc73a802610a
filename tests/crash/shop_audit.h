// Holds what the server recorded of offers and outcomes against what it had said, and its budgets and caps against what
// it recorded. Reads the decision log and the budgets, by the API, and knows the rules in a second hand.
#ifndef NBO_TESTS_CRASH_SHOP_AUDIT_H_
#define NBO_TESTS_CRASH_SHOP_AUDIT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nbo/v1/budget_service.pb.h"
#include "nbo/v1/decision_log_service.pb.h"
#include "tests/crash/shop_record.h"

namespace nbo::crash {

// All of it, in its order.
absl::StatusOr<std::vector<v1::LogEntry>> ReadLog(int port);

class ShopAudit {
 public:
  // `log` is that of a server with ShopCatalog().
  explicit ShopAudit(const std::vector<v1::LogEntry>& log);

  // Every acknowledged answer and outcome is in the log, once, and nothing that was never sent.
  void CheckRecord(const ShopRecord& record);
  // When the last reservation that nobody presented is over.
  absl::Time reservations_end() const;
  // What the budgets of the server at `port` say is what the log says.
  void CheckBudgets(int port);

  // What was not so, the first few in words.
  const std::vector<std::string>& differences() const { return differences_; }
  // For people.
  std::string Figures() const;

 private:
  // An offer that was given.
  struct Given {
    std::string customer_id, offer_id, terminal_id, request_id;
    v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
    int64_t cost_minor = 0;
    absl::Time expire;
    bool presented = false, released = false, redeemed = false;

    bool Counts(absl::Time now) const { return presented || (!released && now < expire); }
  };
  struct Sums {
    int64_t spent_count = 0, spent_minor = 0, supplier_minor = 0, held_count = 0, held_minor = 0;
    bool operator==(const Sums&) const = default;
  };
  static std::string ToText(const Sums& sums);

  void Add(const v1::Decision& decision);
  void Add(const v1::DecidedOutcome& outcome);
  void CheckCaps(const v1::Decision& decision, absl::Time now);
  Sums SumsOf(const std::string& offer_id, absl::Time now) const;
  absl::StatusOr<v1::ListBudgetsResponse> ReadBudgets(int port, std::map<std::string, Sums>* expected) const;
  void Differ(const std::string& what);

  std::map<std::string, Given> given_;                            // by token
  std::map<std::string, std::vector<std::string>> of_customer_;   // tokens
  std::map<std::string, const v1::Decision*> decisions_;          // by id
  std::map<std::string, const v1::Decision*> latest_of_request_;  // by request id
  std::map<ToldKey, const v1::DecidedOutcome*> outcomes_;
  bool late_ = false;  // an offer was presented, by what was told, when nothing was held for it any more
  std::vector<std::string> differences_;
};

}  // namespace nbo::crash

#endif  // NBO_TESTS_CRASH_SHOP_AUDIT_H_
