// Gathers lines of CSV files into receipts, in memory, in the order in which receipts first appear.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nbo/v1/channel.pb.h"
#include "nbo/v1/customer.pb.h"
#include "server/ctl/time_parsing.h"

namespace nbo::v1 {
class Purchase;
class PurchaseLine;
}  // namespace nbo::v1

namespace nbo::ctl {

// A revision that could not be read.
inline constexpr int32_t kUnknownRevision = -1;

// What makes lines one receipt: each revision is a receipt of its own here, sent as a message of its own. Views are
// copied by the book.
struct ReceiptKey {
  // IDENTITY_TYPE_UNSPECIFIED: `customer` is the retailer's customer id.
  nbo::v1::IdentityType identity_type = nbo::v1::IDENTITY_TYPE_UNSPECIFIED;
  absl::string_view customer;
  absl::string_view store_id;
  absl::string_view receipt_id;
  int32_t revision = 0;
};

// One line. Units as in nbo.v1.PurchaseLine.
struct LineValues {
  absl::string_view product_id;
  absl::string_view category;
  int64_t quantity_milli = 0;
  int64_t amount_minor = 0;
  int64_t discount_minor = 0;
  // The earlier receipt that the line takes something back of; empty: it is an ordinary line.
  absl::string_view returned_receipt_id = {};
  // Its shop; empty: the same.
  absl::string_view returned_store_id = {};
  // The line takes back everything of it, and has no other value.
  bool whole_return = false;
};

// Where a line stood.
struct LineOrigin {
  // Position in the list of files.
  uint32_t file = 0;
  int64_t line = 0;
};

// Every text once, by number. Thread-compatible.
class TextPool {
 public:
  uint32_t Intern(absl::string_view text);
  const std::string& text(uint32_t id) const { return texts_[id]; }

 private:
  std::deque<std::string> texts_;  // never moves what the map's keys point to
  absl::flat_hash_map<absl::string_view, uint32_t> ids_;
};

// The receipts of one import. Takes about 40 bytes per line and 300 bytes per receipt, plus every distinct text once.
// Thread-compatible: reading from several threads is safe while none writes.
class ReceiptBook {
 public:
  // Adds a line to its receipt. The receipt's time is the earliest of its lines; its channel that of its first line.
  // False, and nothing is added, if the receipt is cancelled.
  bool AddLine(const ReceiptKey& key, const ReceiptTime& time, nbo::v1::Channel channel, const LineValues& line,
               LineOrigin origin);

  // Adds a line that says that the receipt never was. False, and nothing is added, if the receipt has other lines.
  bool AddCancellation(const ReceiptKey& key, const ReceiptTime& time, nbo::v1::Channel channel, LineOrigin origin);

  // Marks a receipt of which a line could not be read: it must not be sent in part, for its id would then be taken by
  // the wrong content. With kUnknownRevision all revisions of the receipt, for any may lack that line.
  void Spoil(const ReceiptKey& key, LineOrigin origin);

  size_t receipt_count() const { return receipts_.size(); }
  int64_t line_count(size_t receipt) const { return receipts_[receipt].line_count; }
  bool spoiled(size_t receipt) const;
  LineOrigin first_line(size_t receipt) const { return receipts_[receipt].origin; }
  // Views live as long as the book.
  ReceiptKey key(size_t receipt) const;

  // The receipt with the latest time that is not spoiled; null if there is none.
  const ReceiptTime* last_time() const;

  // Moves all receipts (see time_parsing.h).
  void ShiftAll(int64_t weeks, const absl::TimeZone& zone);

  // Replaces `purchase` by the receipt: lines in the order they were added, returns in that of their first lines.
  void Fill(size_t receipt, nbo::v1::Purchase* purchase) const;

 private:
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  // Kind of customer, customer, store, receipt id, revision.
  using Key = std::tuple<int, uint32_t, uint32_t, uint32_t, int32_t>;
  // Store (kNone: the same) and receipt id that a return names.
  using Returned = std::pair<uint32_t, uint32_t>;

  struct Line {
    int64_t quantity_milli;
    int64_t amount_minor;
    int64_t discount_minor;
    // kNone: a return of the whole receipt.
    uint32_t product_id;
    uint32_t category;
    // Position in returned_; kNone: an ordinary line.
    uint32_t returned;
    // The receipt's next line.
    uint32_t next;
  };
  struct Receipt {
    nbo::v1::IdentityType identity_type;
    nbo::v1::Channel channel = nbo::v1::CHANNEL_UNSPECIFIED;
    uint32_t customer;
    uint32_t store_id;
    uint32_t receipt_id;
    uint32_t first = kNone;
    uint32_t last = kNone;
    // Rows of the files, those that cancel included.
    uint32_t line_count = 0;
    int32_t revision;
    ReceiptTime time;
    LineOrigin origin;
    bool spoiled = false;
    bool cancelled = false;
  };

  Receipt& FindOrAdd(const ReceiptKey& key, LineOrigin origin);
  static Key KeyOf(const Receipt& receipt, int32_t revision);
  // Notes a row of the receipt: its time and channel.
  static void Count(const ReceiptTime& time, nbo::v1::Channel channel, Receipt* receipt);
  void FillLine(const Line& line, nbo::v1::PurchaseLine* filled) const;
  uint32_t FindOrAddReturned(const ReceiptKey& key, const LineValues& line);

  TextPool texts_;
  std::vector<Line> lines_;
  std::vector<Receipt> receipts_;
  absl::flat_hash_map<Key, uint32_t> by_key_;
  std::vector<Returned> returned_;
  absl::flat_hash_map<Returned, uint32_t> by_returned_;
};

}  // namespace nbo::ctl
