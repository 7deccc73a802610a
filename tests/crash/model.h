// What a server must hold after a set of events: the rules of the API once more, written for clarity and without a line
// of the server's code. It takes all events first and computes at the end, so it cannot depend on their order.
#ifndef NBO_TESTS_CRASH_MODEL_H_
#define NBO_TESTS_CRASH_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "tests/crash/events.h"

namespace nbo::crash {

// What GetProfile must say of the lifetime.
struct Totals {
  int64_t visits = 0;
  int64_t revenue_minor = 0;
  bool operator==(const Totals& o) const { return visits == o.visits && revenue_minor == o.revenue_minor; }
};

class Model {
 public:
  explicit Model(const EventShape& shape) : shape_(shape) {}

  // Each recorded event once, in any order.
  void Add(const Event& event);

  // By the id under which everything of a customer is; nobody of whom nothing is known.
  std::map<std::string, Totals> TotalsByCustomer() const;
  // Under which id everything of a customer is: another one after a merge.
  std::string Survivor(std::string customer_id) const;
  // Whom a card belongs to at a moment, in microseconds.
  std::string OwnerAt(const std::string& card, int64_t micros) const;
  // ... at the end of all statements.
  std::string OwnerNow(const std::string& card) const;

 private:
  using ReceiptKey = std::pair<std::string, std::string>;  // store, receipt
  using Receipts = std::map<ReceiptKey, const v1::Purchase*>;

  std::string OwnerOf(const v1::Purchase& purchase) const;
  static Totals Sum(const Receipts& receipts);

  const EventShape shape_;
  std::map<ReceiptKey, v1::Purchase> receipts_;  // the highest revision of each
  // By card and moment; "" for nobody.
  std::map<std::string, std::map<int64_t, std::string>> owners_;
  std::map<std::string, std::string> survivors_;
};

}  // namespace nbo::crash

#endif  // NBO_TESTS_CRASH_MODEL_H_
