// The contract of core's store of persons' ledgers; and the whole ledger on the real journal and the real store.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/ledger/ledger.h"
#include "storage/decision_log.h"
#include "storage/journal.h"
#include "storage/ledger_codec.h"
#include "tests/core/ledger/ledger_fixture.h"
#include "tests/storage/store_contract.h"

namespace nbo {
namespace {

PersonLedger LedgerOf(uint64_t seed) {
  PersonLedger ledger;
  const DecisionRecord decision = DecisionOf(seed, "c", {seed, seed + 1}, "r");
  ledger.contacts.Reserve(ReservationOf(decision), nullptr);
  ledger.position = seed * 100;
  ledger.answers.push_back({seed, decision.id, absl::ToUnixMicros(decision.expire_time)});
  return ledger;
}

TEST_P(StoreContract, OfNobodyNothingIsKept) {
  const auto read = stores_->ledgers().Read("anna");
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->empty());
  EXPECT_EQ(*stores_->ledgers().Position(), 0u);
}

TEST_P(StoreContract, LedgersAreKeptReplacedAndRemovedWithTheirPosition) {
  LedgerStore& ledgers = stores_->ledgers();
  PersonLedger first = LedgerOf(1), second = LedgerOf(2), nothing;
  second.merged_into = "anna";
  LedgerStore::Totals totals;
  totals.position = 7;
  ASSERT_TRUE(ledgers.Keep({{"anna", &first}, {"ben", &first}, {"ann", &second}}, &totals).ok());
  EXPECT_EQ(*ledgers.Read("anna"), first);
  EXPECT_EQ(*ledgers.Read("ann"), second);
  EXPECT_EQ(*ledgers.Position(), 7u);
  ASSERT_TRUE(ledgers.Keep({{"ann", &first}}, nullptr).ok());
  EXPECT_EQ(*ledgers.Read("ann"), first);
  EXPECT_EQ(*ledgers.Position(), 7u);
  totals.position = 300;
  ASSERT_TRUE(ledgers.Keep({{"anna", &second}, {"ben", &nothing}}, &totals).ok());
  EXPECT_EQ(*ledgers.Read("anna"), second);
  EXPECT_TRUE(ledgers.Read("ben")->empty());
  EXPECT_EQ(*ledgers.Position(), 300u);
}

TEST_P(StoreContract, BudgetsAreKeptReplacedAndRemovedWithThePosition) {
  LedgerStore& ledgers = stores_->ledgers();
  EXPECT_EQ(*ledgers.ReadTotals(), LedgerStore::Totals());
  const BudgetState held{1, 0, 0, 0, {{28'000'000, 2, 500}}}, spent{~uint64_t{0}, 1, -30, 10, {}};
  LedgerStore::Totals totals{7, {held, spent}, kLedgerBegin};
  ASSERT_TRUE(ledgers.Keep({}, &totals).ok());
  EXPECT_EQ(*ledgers.ReadTotals(), totals);
  const BudgetState more{5, 3, 90, 0, {{28'000'001, 1, 1}}};
  const LedgerStore::Totals next{9, {{1, 0, 0, 0, {}}, more}, kLedgerBegin - absl::Hours(1)};
  ASSERT_TRUE(ledgers.Keep({}, &next).ok());
  EXPECT_EQ(*ledgers.ReadTotals(), (LedgerStore::Totals{9, {more, spent}, kLedgerBegin})) << "of the times the latest";
  ASSERT_TRUE(ledgers.Keep({}, nullptr).ok());
  EXPECT_EQ(ledgers.ReadTotals()->budgets.size(), 2u);
}

std::vector<RecordedOffer> RandomOffers(std::mt19937_64* random) {
  std::vector<RecordedOffer> offers((*random)() % 4);
  for (RecordedOffer& offer : offers) {
    offer = {static_cast<int32_t>((*random)() % 10'000),
             (*random)(),
             (*random)(),
             static_cast<int16_t>((*random)() % 3),
             3,
             static_cast<double>((*random)()) / 7.0,
             0.1,
             -5,
             (*random)() % 2 == 0,
             (*random)() % 2 == 0,
             static_cast<int16_t>((*random)() % 366)};
  }
  return offers;
}

std::vector<BudgetMove> RandomMoves(std::mt19937_64* random) {
  std::vector<BudgetMove> moves((*random)() % 4);
  for (BudgetMove& move : moves) {
    move.kind = static_cast<BudgetMove::Kind>(1 + (*random)() % (kBudgetMoveKindCount - 1));
    move.hold = {(*random)(), static_cast<int64_t>((*random)() >> 20), absl::InfinitePast()};
    if ((*random)() % 2 == 0) move.hold.end = kLedgerBegin + absl::Microseconds((*random)() % 1000);
    if ((*random)() % 2 == 0) move.end = kLedgerBegin + absl::Hours((*random)() % 1000);
    move.actual_minor = static_cast<int64_t>((*random)()) >> 20;
    move.supplier_minor = -7;
  }
  return moves;
}

DecisionRecord RandomDecision(uint64_t seed) {
  std::mt19937_64 random(seed);
  DecisionRecord record = DecisionOf(random() % 1'000'000, "customer", {}, random() % 2 == 0 ? "request" : "");
  record.channel = static_cast<Channel>(random() % kChannelCount);
  record.terminal_id = "t1";
  record.store_id = "388";
  record.operator_id = "eve";
  record.locale = "ru";
  record.placements = {"", "cart"};
  record.catalog_version = static_cast<int64_t>(random() % 1000);
  record.state_digest = random();
  record.rfm_segment = random() % 2 == 0 ? random() : 0;
  record.tier = AnswerTier::kDefault;
  record.reason = TierReason::kControlGroup;
  record.candidates_count = 77;
  record.duration_us = 41;
  record.presumed = random() % 2 == 0;
  record.global_arm = GlobalArm::kControl;
  record.global_period = -3;
  record.arms = {{random(), 7}, {random(), 8}};
  record.moves = RandomMoves(&random);
  record.offers = RandomOffers(&random);
  record.ghosts = RandomOffers(&random);
  if (random() % 2 == 0) {
    DecisionInputs& inputs = record.inputs.emplace();
    inputs.request = std::string("\0\xff bytes", 8);
    inputs.state = "state";
    inputs.contacts = "contacts";
    if (random() % 2 == 0) inputs.rfm = {1, 5, 3};
    inputs.identity_types = 6;
    inputs.time_zone = "Europe/Berlin";
    inputs.exhausted_offers = {1, random()};
    inputs.propensities = {{3, 0.25}, {9, 0.5}};
    inputs.candidates = {{3, Gate::kShown, 1.5}, {4, Gate::kExperiment, 0}};
  }
  return record;
}

LedgerEvent Recoded(const LedgerEvent& event) {
  const storage::EncodedEvent encoded = storage::EncodeEvent(event);
  const auto decoded = storage::DecodeEvent(encoded.kind, encoded.key, encoded.bytes);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  return decoded.ok() ? *decoded : LedgerEvent();
}

TEST(LedgerCodec, DecisionsComeBackAsTheyWere) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const DecisionRecord record = RandomDecision(seed);
    EXPECT_EQ(std::get<DecisionRecord>(Recoded(record)), record) << "seed " << seed;
  }
}

TEST(LedgerCodec, OutcomesMergesAndErasuresComeBackAsTheyWere) {
  DecisionRecord decision = DecisionWithBudgets(5, "anna", {7, 8}, 250);
  std::mt19937_64 random(4);
  decision.terminal_id = "t";
  for (const bool presumed : {false, true}) {
    decision.presumed = presumed;
    OutcomeRecord outcome = OutcomeOf(decision, 2, OutcomeKind::kDeclined, absl::Minutes(3));
    outcome.receive_us += 5'000'000;
    outcome.operator_id = "eve";
    outcome.visible_ms = 900;
    outcome.visible_share = 0.75;
    outcome.decline_reason = 2;
    outcome.amount_minor = 130;
    outcome.supplier_minor = 65;
    outcome.moves = RandomMoves(&random);
    EXPECT_EQ(std::get<OutcomeRecord>(Recoded(outcome)), outcome);
    for (bool OutcomeEffect::*const told :
         {&OutcomeEffect::changed, &OutcomeEffect::first_presented, &OutcomeEffect::first_redeemed,
          &OutcomeEffect::was_reserved, &OutcomeEffect::was_taken, &OutcomeEffect::is_taken}) {
      outcome.effect = {};
      outcome.effect.*told = true;
      EXPECT_EQ(std::get<OutcomeRecord>(Recoded(outcome)), outcome);
    }
  }
  for (const PersonLedger& absorbed : {PersonLedger(), LedgerOf(3)}) {
    const MergeRecord merge{"a", "b", true, absorbed};
    EXPECT_EQ(std::get<MergeRecord>(Recoded(merge)), merge);
  }
  EXPECT_EQ(std::get<ErasureRecord>(Recoded(ErasureRecord{"a"})), ErasureRecord{"a"});
}

TEST(LedgerCodec, DamagedRecordsAreToldOrAreOtherRecords) {
  std::mt19937_64 random(1);
  std::vector<LedgerEvent> events = {RandomDecision(2), RandomDecision(3), MergeRecord{"a", "b", true, LedgerOf(3)}};
  events.push_back(OutcomeOf(DecisionOf(5, "anna", {7, 8}), 2, OutcomeKind::kSeen, absl::Minutes(3)));
  for (const LedgerEvent& event : events) {
    const storage::EncodedEvent encoded = storage::EncodeEvent(event);
    for (int i = 0; i < 2000; ++i) {
      std::string bytes = encoded.bytes.substr(0, random() % (encoded.bytes.size() + 1));
      if (!bytes.empty()) bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
      const auto decoded = storage::DecodeEvent(static_cast<uint8_t>(random() % 6), encoded.key, bytes);
      if (decoded.ok()) continue;
      EXPECT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss);
    }
  }
}

class RealLedger : public ::testing::Test {
 protected:
  RealLedger() { Open(); }
  ~RealLedger() override { ledger_.reset(); }

  void Open() {
    storage::StorageOptions options;
    options.path = directory_.path();
    options.block_cache_bytes = 8 << 20;
    auto storage = storage::OpenStorage(options);
    ASSERT_TRUE(storage.ok()) << storage.status();
    storage_ = *std::move(storage);
    storage::JournalOptions journal_options;
    journal_options.path = directory_.path() + "/beside";  // the store's own has files too large to seal any
    std::filesystem::create_directories(journal_options.path);
    journal_options.segment_bytes = 64 << 10;
    journal_options.min_position = *storage_->ledgers().Position();
    auto journal = storage::Journal::Open(journal_options);
    ASSERT_TRUE(journal.ok()) << journal.status();
    journal_ = *std::move(journal);
    log_ = std::make_unique<storage::JournalDecisionLog>(journal_.get());
    book_ = std::make_unique<BudgetBook>();
    ledger_ = std::make_unique<ContactLedger>(log_.get(), &storage_->ledgers(), book_.get(), LedgerOptions());
    ASSERT_TRUE(ledger_->Recover().ok());
  }
  void Reopen() {
    ledger_.reset();
    book_.reset();
    log_.reset();
    journal_.reset();
    storage_.reset();
    Open();
  }
  void Decide(const DecisionRecord& record) {
    const auto seen = ledger_->Read(record.customer_id);
    ASSERT_TRUE(seen.ok()) << seen.status();
    const auto done = ledger_->CommitDecision(*seen, record);
    ASSERT_TRUE(done.ok()) << done.status();
    ASSERT_EQ(done->result, ContactLedger::Commit::kDone);
  }

  TempDirectory directory_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<storage::Journal> journal_;
  std::unique_ptr<storage::JournalDecisionLog> log_;
  std::unique_ptr<BudgetBook> book_;
  std::unique_ptr<ContactLedger> ledger_;
};

TEST_F(RealLedger, KnowsAfterARestartWhatItKnewBefore) {
  for (uint64_t i = 1; i <= 600; ++i) {
    DecisionRecord record = DecisionWithBudgets(i, absl::StrCat("c", i % 50), {1 + i % 9}, 10);
    record.request_id = absl::StrCat("r", i);
    Decide(record);
    if (i == 250) {
      ASSERT_TRUE(ledger_->Checkpoint(record.time).ok());
    }
  }
  const DecisionRecord last = DecisionWithBudgets(600, "c0", {1 + 600 % 9}, 10);
  const OutcomeRecord accepted = OutcomeOf(last, 1, OutcomeKind::kAccepted, absl::Seconds(9));
  ASSERT_TRUE(ledger_->RecordOutcome(*ledger_->Read("c0"), accepted).ok());
  const std::vector<BudgetState> budgets = book_->States(last.time);
  EXPECT_EQ(budgets.size(), 9u);
  std::vector<PersonLedger> before;
  for (int i = 0; i < 50; ++i) before.push_back(**ledger_->Read(absl::StrCat("c", i)));
  EXPECT_EQ(before[0].contacts.contacts().back().answer, Answer::kAccepted);
  for (int round = 0; round < 2; ++round) {
    ASSERT_NO_FATAL_FAILURE(Reopen());
    for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(**ledger_->Read(absl::StrCat("c", i)), before[i]) << i;
    EXPECT_EQ(book_->States(last.time), budgets);
    const auto found = log_->Find(DecisionOf(3, "", {}).id);
    ASSERT_TRUE(found.ok() && found->has_value());
    EXPECT_EQ((*found)->customer_id, "c3");
  }
}

TEST_F(RealLedger, BlanksWhatWasToldOfTheErasedAndNothingElse) {
  Decide(DecisionOf(1, "anna", {1}));
  Decide(DecisionOf(2, "ann", {1}));
  Decide(DecisionOf(3, "ben", {1}));
  ASSERT_TRUE(ledger_->Merge("ann", "anna", /*done=*/false).ok());
  ASSERT_TRUE(ledger_->Merge("ann", "anna", /*done=*/true).ok());
  ASSERT_TRUE(ledger_->Merge("ben", "anna", /*done=*/false).ok());  // which was refused afterwards
  ASSERT_TRUE(ledger_->Erase("anna").ok());
  Decide(DecisionOf(4, "anna", {1}));  // the id was taken into use again by somebody else
  Decide(DecisionOf(5, "ann", {1}));
  const auto is_there = [&](uint64_t number) {
    const auto found = log_->Find(DecisionOf(number, "", {}).id);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() && found->has_value();
  };
  EXPECT_GT(*log_->BlankErased(journal_->EndPosition()), 0);
  EXPECT_FALSE(is_there(1));
  EXPECT_FALSE(is_there(2)) << "she was the same person";
  for (const uint64_t number : {3, 4, 5}) EXPECT_TRUE(is_there(number)) << number;
  EXPECT_EQ(*log_->BlankErased(journal_->EndPosition()), 0);
}

TEST_F(RealLedger, StartsBehindDamageOnlyWhenItIsToldTo) {
  for (uint64_t i = 1; i <= 400; ++i) Decide(DecisionOf(i, "anna", {i}));
  ASSERT_TRUE(journal_->Close().ok());
  journal_.reset();
  std::string first;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path() + "/beside/decisions")) {
    const std::string path = entry.path();
    if (path.ends_with(".segment") && (first.empty() || path < first)) first = path;
  }
  {
    std::fstream file(first, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20'000);
    file << std::string(100, 'x');
    ASSERT_TRUE(file.good());
  }
  storage::JournalOptions options;
  options.path = directory_.path() + "/beside";
  options.segment_bytes = 64 << 10;
  journal_ = *storage::Journal::Open(options);
  const auto recover = [&](std::function<void(const JournalDamage&)> on_damage) {
    log_ = std::make_unique<storage::JournalDecisionLog>(journal_.get(), std::move(on_damage));
    book_ = std::make_unique<BudgetBook>();
    ledger_ = std::make_unique<ContactLedger>(log_.get(), &storage_->ledgers(), book_.get(), LedgerOptions());
    return ledger_->Recover();
  };
  const absl::Status refused = recover(nullptr);
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  for (const std::string& word : {first, std::string("byte "), std::string("decisions.skip_damage: true")}) {
    EXPECT_NE(refused.message().find(word), absl::string_view::npos) << word << " is not in: " << refused;
  }
  std::vector<std::string> skipped;
  const absl::Status recovered = recover([&](const JournalDamage& damage) {
    EXPECT_GT(damage.end, damage.position);
    skipped.push_back(damage.where);
  });
  ASSERT_TRUE(recovered.ok()) << recovered;
  EXPECT_EQ(skipped.size(), 1u);
  const size_t contacts = (*ledger_->Read("anna"))->contacts.contacts().size();
  EXPECT_LT(contacts, 400u);
  EXPECT_GT(contacts, 390u) << "all but those that were damaged";
  ASSERT_TRUE(ledger_->Checkpoint(kLedgerBegin).ok());
  EXPECT_TRUE(recover(nullptr).ok()) << "the damage lies before the checkpoint now";
  EXPECT_EQ((*ledger_->Read("anna"))->contacts.contacts().size(), contacts);
}

TEST_F(RealLedger, ForgetsInTheStoreWhatIsTooOldForCustomersWhoNeverReturn) {
  PersonLedger old, mixed, young;
  const auto told = [](int days) {
    DecisionRecord record = DecisionOf(static_cast<uint64_t>(days) * 86'400, "c", {7});
    record.presumed = true;
    return ReservationOf(record);
  };
  old.contacts.Reserve(told(1), nullptr);
  mixed.contacts.Reserve(told(1), nullptr);
  mixed.contacts.Reserve(told(300), nullptr);
  young.contacts.Reserve(told(300), nullptr);
  LedgerStore& ledgers = storage_->ledgers();
  LedgerStore::Totals totals;
  totals.as_of = kLedgerBegin + 401 * absl::Hours(24) - absl::Seconds(1);
  ASSERT_TRUE(ledgers.Keep({{"old", &old}, {"mixed", &mixed}, {"young", &young}}, &totals).ok());
  ASSERT_TRUE(storage_->Compact().ok());
  EXPECT_EQ(ledgers.Read("old")->contacts, old.contacts) << "not a second too early";
  totals.as_of += absl::Seconds(1);
  ASSERT_TRUE(ledgers.Keep({}, &totals).ok());
  ASSERT_TRUE(storage_->Compact().ok());
  EXPECT_TRUE(ledgers.Read("old")->empty());
  EXPECT_EQ(ledgers.Read("mixed")->contacts.contacts().size(), 1u);
  EXPECT_EQ(ledgers.Read("young")->contacts, young.contacts);
}

TEST_F(RealLedger, NeedsNoJournalBeforeItsCheckpoint) {
  for (uint64_t i = 1; i <= 2000; ++i) Decide(DecisionOf(i, absl::StrCat("c", i % 50), {i}));
  ASSERT_TRUE(ledger_->Checkpoint(kLater).ok());
  const uint64_t position = *storage_->ledgers().Position();
  EXPECT_EQ(position, journal_->EndPosition());
  EXPECT_GT(journal_->Drop({absl::InfiniteFuture(), 0, position}), 0u);
  const PersonLedger before = **ledger_->Read("c7");
  ASSERT_NO_FATAL_FAILURE(Reopen());
  EXPECT_EQ(**ledger_->Read("c7"), before);
  Decide(DecisionOf(2001, "c7", {2001}));
  ASSERT_NO_FATAL_FAILURE(Reopen());
  EXPECT_EQ((**ledger_->Read("c7")).contacts.contacts().size(), before.contacts.contacts().size() + 1);
}

}  // namespace
}  // namespace nbo
