// The states are a function of the set of events: whatever order they come in, however they are grouped and repeated,
// the same is kept, byte for byte.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/profile/memory_store.h"
#include "core/profile/recorder.h"
#include "core/profile/registry.h"
#include "tests/core/profile/random_receipts.h"

namespace nbo {
namespace {

struct LinkEvent {
  Identity identity;
  std::optional<std::string> customer;
  absl::Time since;
};
struct MergeEvent {
  std::string absorbed, survivor;
};
struct ConsentEvent {
  std::string customer;
  Consent consent;
};
struct AttributesEvent {
  std::string customer;
  std::vector<Attribute> statement;
};
using Event = std::variant<Receipt, LinkEvent, MergeEvent, ConsentEvent, AttributesEvent>;

Identity Card(int64_t number) { return {IdentityType::kLoyaltyCard, absl::StrCat("card", number)}; }

// A history of three people with four cards and two ids that turn out to be theirs.
class Life {
 public:
  explicit Life(uint64_t seed) : random_(seed) {}

  std::vector<Event> Events() {
    std::vector<Event> events;
    for (int i = 0; i < 60; ++i) AddReceipt(&events);
    for (int i = 0; i < 8; ++i) {
      const int64_t card = random_.Below(4);
      LinkEvent link{Card(card), absl::StrCat("person", random_.Below(3)), Moment()};
      if (random_.Chance(25)) link.customer.reset();
      if (random_.Chance(20)) link.customer = "old-id";
      events.push_back(link);
    }
    events.push_back(MergeEvent{"old-id", "person0"});
    events.push_back(MergeEvent{"older-id", "old-id"});
    if (random_.Chance(50)) events.push_back(MergeEvent{"person0", "person1"});
    for (int i = 0; i < 6; ++i) {
      events.push_back(
          ConsentEvent{random_.Chance(50) ? "old-id" : absl::StrCat("person", random_.Below(3)),
                       {static_cast<Channel>(1 + random_.Below(3)), random_.Chance(50), Moment(), "form"}});
    }
    for (int i = 0; i < 12; ++i) AddAttributes(&events);
    return events;
  }

 private:
  // Few keys and moments, so that statements meet: of one time, of one value, removals.
  void AddAttributes(std::vector<Event>* events) {
    AttributesEvent event{random_.Chance(50) ? "old-id" : absl::StrCat("person", random_.Below(3)), {}};
    const absl::Time time = absl::FromUnixSeconds(random_.Below(6));
    for (int64_t count = 1 + random_.Below(3); count > 0; --count) {
      event.statement.push_back({absl::StrCat("key", random_.Below(5)), absl::StrCat(random_.Below(3)), time,
                                 random_.Chance(50) ? "crm" : "app"});
      if (random_.Chance(30)) event.statement.back().value.reset();
    }
    events->push_back(event);
  }

  absl::Time Moment() {  // one in a million is met twice
    return absl::FromUnixMicros((int64_t{RandomReceipts::kNewest} - 400) * 86'400'000'000 +
                                random_.Below(400) * 86'400'000'000 + random_.Below(1'000'000));
  }

  void Address(Receipt* receipt) {
    receipt->customer_id.clear();
    receipt->addressed_by.reset();
    if (random_.Chance(55)) {
      receipt->addressed_by = Card(random_.Below(4));
    } else {
      const char* const ids[] = {"person0", "person1", "person2", "old-id", "older-id"};
      receipt->customer_id = ids[random_.Below(5)];
    }
  }

  void AddReceipt(std::vector<Event>* events) {
    Receipt receipt = random_.Next("");
    Address(&receipt);
    if (random_.Chance(40) && !receipts_.empty()) AddReturns(&receipt);
    if (random_.Chance(10) && receipt.returns.size() == 1) receipt.lines.clear();
    receipts_.push_back(receipt);
    events->push_back(receipt);
    for (int32_t revision = 1; random_.Chance(30); ++revision) {
      Receipt corrected = random_.Next("");  // other lines; at the same time, so that it has the same owner
      corrected.customer_id = receipt.customer_id;
      corrected.addressed_by = receipt.addressed_by;
      corrected.store_id = receipt.store_id;
      corrected.receipt_id = receipt.receipt_id;
      corrected.time = receipt.time;
      corrected.day = receipt.day;
      corrected.revision = revision;
      if (random_.Chance(30)) AddReturns(&corrected);
      if (random_.Chance(25)) {
        corrected.cancelled = true;
        corrected.lines.clear();
        corrected.returns.clear();
      }
      events->push_back(corrected);
    }
  }

  // Mostly of the same customer, so that the sale is found; also of receipts that never come.
  void AddReturns(Receipt* receipt) {
    std::set<std::pair<std::string, std::string>> named;
    for (int64_t count = 1 + random_.Below(2); count > 0; --count) {
      const Receipt& sale = receipts_[static_cast<size_t>(random_.Below(static_cast<int64_t>(receipts_.size())))];
      ReturnedGoods returned{sale.store_id, random_.Chance(10) ? "never" : sale.receipt_id, random_.Chance(40), {}};
      if (returned.receipt_id == receipt->receipt_id) continue;
      if (!named.emplace(returned.store_id, returned.receipt_id).second) continue;
      if (receipt->revision == 0 && random_.Chance(70)) {  // a correction is addressed as the receipt was
        receipt->customer_id = sale.customer_id;
        receipt->addressed_by = sale.addressed_by;
      }
      if (!returned.whole) {
        for (const ReceiptLine& line : sale.lines) {
          if (random_.Chance(50)) continue;
          returned.lines.push_back({line.product_id, random_.Chance(50) ? line.category : "other",
                                    -std::abs(line.quantity_milli) / (1 + random_.Below(2)),
                                    -std::abs(line.amount_minor) / (1 + random_.Below(2)), 0});
        }
        if (returned.lines.empty()) returned.lines.push_back({"p", "category 1", -1000, -100, -5});
      }
      receipt->returns.push_back(returned);
    }
  }

  RandomReceipts random_;
  std::vector<Receipt> receipts_;
};

// What the pipeline does, without threads.
class World {
 public:
  void Apply(const std::vector<Event>& events, RandomReceipts* random) {
    std::vector<Receipt> group;
    for (const Event& event : events) {
      if (const auto* receipt = std::get_if<Receipt>(&event)) {
        group.push_back(*receipt);
        if (random->Chance(80)) continue;
      }
      Flush(&group);
      State(event);
    }
    Flush(&group);
  }

  // Everything that is kept, as text.
  std::map<std::string, std::string> Dump() const {
    std::map<std::string, std::string> dump;
    for (uint32_t partition = 0; partition < 64; ++partition) {
      const std::vector<std::string> ids = *store_.ListCustomers(partition, "", 1000);
      for (const std::string& id : ids) dump[id] = DumpCustomer(id);
    }
    return dump;
  }
  const MemoryProfileStore& store() const { return store_; }

 private:
  std::string DumpCustomer(const std::string& id) const {
    CustomerState state;
    EXPECT_TRUE(*store_.ReadState(id, &state));
    std::string text = absl::StrCat(absl::Hex(StateDigest(state)), " receipts ", state.receipts, ";");
    EXPECT_TRUE(store_
                    .ScanRecords(id,
                                 [&](const ReceiptKey& key, const ReceiptRecord& record) {
                                   absl::StrAppend(&text, " ", key.store_id, "/", key.receipt_id, ":",
                                                   record.content ? absl::StrCat(record.content->revision, ".",
                                                                                 record.content->digest)
                                                                  : "-",
                                                   ":", record.older.size(), ":", record.attached.size());
                                 })
                    .ok());
    return text;
  }

  void Flush(std::vector<Receipt>* group) {
    std::vector<Receipt> left;
    left.swap(*group);
    while (!left.empty()) {  // those of merged customers come again
      for (Receipt& receipt : left) EXPECT_TRUE(*recorder_.Resolve(&receipt));
      const auto results = recorder_.Record(Pointers(left));
      std::vector<Receipt> again;
      for (size_t i = 0; i < left.size(); ++i) {
        ASSERT_TRUE(results[i].ok()) << results[i].status();
        if (*results[i] == RecordResult::kElsewhere) again.push_back(left[i]);
      }
      left.swap(again);
    }
  }

  void State(const Event& event) {
    if (const auto* link = std::get_if<LinkEvent>(&event)) {
      const auto linked = registry_.Link(link->identity, link->customer, link->since);
      ASSERT_TRUE(linked.ok()) << linked.status();
    } else if (const auto* merge = std::get_if<MergeEvent>(&event)) {
      const auto merged = registry_.Merge(merge->absorbed, merge->survivor);
      ASSERT_TRUE(merged.ok()) << merged.status();
    } else if (const auto* consent = std::get_if<ConsentEvent>(&event)) {
      const auto recorded = registry_.RecordConsent(consent->customer, consent->consent);
      ASSERT_TRUE(recorded.ok()) << recorded.status();
    } else if (const auto* attributes = std::get_if<AttributesEvent>(&event)) {
      const auto recorded = registry_.RecordAttributes(attributes->customer, attributes->statement);
      ASSERT_TRUE(recorded.ok()) << recorded.status();
    }
  }

  MemoryProfileStore store_;
  Recorder recorder_{&store_};
  Registry registry_{&store_};
};

TEST(Algebra, AnyOrderGroupingAndRepetitionOfTheSameEventsKeepsTheSame) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    const std::vector<Event> events = Life(seed).Events();
    RandomReceipts random(seed * 1000);
    World first;
    first.Apply(events, &random);
    const auto expected = first.Dump();
    ASSERT_GE(expected.size(), 2u);
    for (int shuffle = 0; shuffle < 6; ++shuffle) {
      std::vector<Event> mixed = events;
      for (size_t i = 0; i < events.size() / 3; ++i) mixed.push_back(events[i]);
      random.Shuffle(&mixed);
      World world;
      world.Apply(mixed, &random);
      ASSERT_EQ(world.Dump(), expected) << "seed " << seed << ", shuffle " << shuffle;
    }
  }
}

TEST(Algebra, ARebuildChangesNothing) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    RandomReceipts random(seed);
    World world;
    world.Apply(Life(seed + 500).Events(), &random);
    const auto before = world.Dump();
    Registry registry(const_cast<MemoryProfileStore*>(&world.store()));
    for (const auto& [id, text] : before) EXPECT_FALSE(*registry.Rebuild(id)) << "seed " << seed << ": " << id;
    EXPECT_EQ(world.Dump(), before);
  }
}

TEST(Algebra, DroppingOldReceiptsChangesNoState) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    RandomReceipts random(seed);
    World world;
    world.Apply(Life(seed + 700).Events(), &random);
    std::map<std::string, uint64_t> digests;
    Registry registry(const_cast<MemoryProfileStore*>(&world.store()));
    int64_t dropped = 0, left = 0;
    for (const auto& [id, text] : world.Dump()) {
      CustomerState before, after;
      ASSERT_TRUE(*world.store().ReadState(id, &before));
      for (Day horizon : {RandomReceipts::kNewest - 300, RandomReceipts::kNewest - 100}) {
        dropped += *registry.DropReceiptsBefore(id, horizon);
        ASSERT_TRUE(*world.store().ReadState(id, &after));
        ASSERT_EQ(StateDigest(after), StateDigest(before)) << "seed " << seed << ": " << id;
        EXPECT_FALSE(*registry.Rebuild(id)) << "what remains and its base make the same state";
      }
      ASSERT_TRUE(world.store().ScanRecords(id, [&](const ReceiptKey&, const ReceiptRecord&) { ++left; }).ok());
    }
    EXPECT_GT(dropped, 10) << "seed " << seed;
    EXPECT_GT(left, 5) << "seed " << seed;
  }
}

}  // namespace
}  // namespace nbo
