// Accounts for every line and receipt of an import.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/ctl/ack_ledger.h"
#include "server/ctl/receipt_grouping.h"

namespace nbo::ctl {

// What became of lines, or of receipts. Plain value.
struct FateCounts {
  int64_t read = 0;
  int64_t accepted = 0;
  int64_t duplicate = 0;
  // A higher revision: counts instead of the one before.
  int64_t corrected = 0;
  // A lower revision than the one that counts: noted, changes nothing.
  int64_t superseded = 0;
  // Of customers who were erased: dropped by the server.
  int64_t erased = 0;
  // Refused by nboctl or by the server.
  int64_t rejected = 0;
  // Named no customer.
  int64_t skipped = 0;
  // Never answered: the connection was given up.
  int64_t unanswered = 0;

  int64_t sum() const {
    return accepted + duplicate + corrected + superseded + erased + rejected + skipped + unanswered;
  }
  bool balanced() const { return read == sum(); }
};

// The count of what came of receipts that were sent; kPending counts as unanswered.
int64_t& CountOf(FateCounts& counts, Fate fate);

// Why lines were rejected, by reason. Keeps at most 1000 reasons apart. Thread-compatible.
class ReasonList {
 public:
  struct Reason {
    std::string text;
    int64_t lines = 0;
    // The first line it happened to, and what stood there.
    LineOrigin first;
    std::string example;
  };

  // Counts `lines` lines that begin at `origin`. `example` may be empty.
  void Add(absl::string_view text, int64_t lines, LineOrigin origin, absl::string_view example);

  // In the order in which they first occurred.
  const std::vector<Reason>& reasons() const { return reasons_; }
  // Lines whose reason came after the limit of reasons was reached.
  int64_t other_lines() const { return other_lines_; }

 private:
  std::vector<Reason> reasons_;
  absl::flat_hash_map<std::string, size_t> by_text_;
  int64_t other_lines_ = 0;
};

struct ImportTally {
  FateCounts lines;
  FateCounts receipts;
  ReasonList reasons;
  // Lines whose product is not in the product table; they are imported without a category.
  int64_t lines_without_product = 0;
};

}  // namespace nbo::ctl
