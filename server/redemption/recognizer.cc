#include "server/redemption/recognizer.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/limits.h"

namespace nbo::server {
namespace {

constexpr absl::Duration kTellEvery = absl::Minutes(1);
// Commits in a row in which others were faster. Far more than can be without a fault: a person is at one till.
constexpr int kMaxOvertaken = 100;

// Nothing that was told to anybody is remembered so long.
bool IsTooOld(absl::Time time, absl::Time now) { return time < now - absl::Hours(24) * (kMaxContactAgeDays + 1); }

// As it was reserved, but presented: that much was known before the purchase.
Contact WithoutAnswer(Contact contact) {
  contact.answer = Answer::kNone;
  contact.told = 0;
  contact.answer_us = contact.redeem_us = contact.release_us = kNever;
  return contact;
}

}  // namespace

absl::StatusOr<Purchased> RedemptionRecognizer::ReadPurchased(const Receipt& receipt) const {
  std::vector<ReceiptRecord> records;
  const RecordRef ref{receipt.customer_id, receipt.store_id, receipt.receipt_id};
  if (absl::Status s = store_->ReadRecords({&ref, 1}, &records); !s.ok()) return s;
  const ReceiptRecord& record = records.front();
  if (!record.content.has_value() || record.content->revision != receipt.revision) return Purchased();
  return PurchasedBy(record, receipt.coupon_codes);
}

OutcomeRecord RedemptionRecognizer::OutcomeOf(const Receipt& receipt, const Redemption& redemption,
                                              absl::Time now) const {
  const Contact& contact = redemption.contact;
  OutcomeRecord outcome;
  outcome.token = {contact.decision, contact.rank};
  outcome.customer_id = receipt.customer_id;
  outcome.contact = WithoutAnswer(contact);
  outcome.outcome = {OutcomeKind::kRedeemed, redemption.time_us};
  outcome.receive_us = absl::ToUnixMicros(now);
  // What it was to cost by then, as for a redemption that a channel reports; else as the offer says now.
  int64_t expected_minor = std::llround(redemption.offer->cost * minor_per_major_);
  int32_t supplier_share = ShareMillionths(redemption.offer->terms.supplier_share);
  const absl::StatusOr<std::optional<DecisionRecord>> decision = log_->Find(contact.decision);
  if (decision.ok() && decision->has_value() && contact.rank <= (*decision)->offers.size()) {
    const RecordedOffer& recorded = (*decision)->offers[contact.rank - size_t{1}];
    expected_minor = recorded.cost_minor;
    supplier_share = recorded.supplier_share;
  }
  outcome.amount_minor = redemption.CostMinor(expected_minor);
  outcome.supplier_minor = PartOf(outcome.amount_minor, supplier_share);
  return outcome;
}

absl::Status RedemptionRecognizer::Recognize(const Receipt& receipt) {
  const absl::Time now = clock_->Now();
  if (receipt.cancelled || receipt.lines.empty() || IsTooOld(receipt.time, now)) return absl::OkStatus();
  // A till's clock that is fast: it was by now.
  const int64_t time_us = absl::ToUnixMicros(std::min(receipt.time, now));
  // Most receipts are of people to whom nothing was told lately.
  const absl::StatusOr<LedgerSnapshot> first = ledger_->Peek(receipt.customer_id);
  if (!first.ok()) return first.status();
  if (!MayRedeem((*first)->contacts, time_us)) return absl::OkStatus();
  std::optional<Purchased> purchased;  // read when there may be something
  std::shared_ptr<const Catalog> catalog;
  for (int overtaken = 0; overtaken < kMaxOvertaken;) {
    const absl::StatusOr<LedgerSnapshot> seen = ledger_->Read(receipt.customer_id);
    if (!seen.ok()) return seen.status();
    const PersonContacts& contacts = (*seen)->contacts;
    if (!MayRedeem(contacts, time_us)) return absl::OkStatus();
    if (!purchased.has_value()) {
      catalog = catalog_->Pin();
      ReceiptRecord sent;
      sent.content = KeepContent(receipt, 0);
      purchased = PurchasedBy(sent, receipt.coupon_codes);
      purchased->time_us = time_us;
      if (FindRedemptions(contacts, *purchased, *catalog).empty()) return absl::OkStatus();
      absl::StatusOr<Purchased> stored = ReadPurchased(receipt);
      if (!stored.ok()) return stored.status();
      purchased = *std::move(stored);
      purchased->time_us = time_us;
    }
    // One at a time: each makes a new snapshot, in which it is redeemed.
    const std::vector<Redemption> found = FindRedemptions(contacts, *purchased, *catalog);
    if (found.empty()) return absl::OkStatus();
    const absl::StatusOr<ContactLedger::Recorded> recorded =
        ledger_->RecordOutcome(*seen, OutcomeOf(receipt, found.front(), now));
    if (!recorded.ok()) return recorded.status();
    if (recorded->result == ContactLedger::Commit::kOvertaken) {
      ++overtaken;
      continue;
    }
    overtaken = 0;
    if (!recorded->effect.changed) return absl::InternalError("a redemption that was found changes nothing");
    if (recorded->effect.first_redeemed) metrics_->CountRedemption(found.front().by);
  }
  return absl::AbortedError(absl::StrCat("the ledger of one customer was changed ", kMaxOvertaken, " times in a row"));
}

void RedemptionRecognizer::OnRecorded(const Receipt& receipt) {
  if (absl::Status s = Recognize(receipt); !s.ok()) TellTrouble(s);
}

void RedemptionRecognizer::TellTrouble(const absl::Status& status) {
  metrics_->CountRedemptionTrouble();
  int64_t receipts = 0;
  {
    absl::MutexLock lock(&mutex_);
    ++troubled_;
    const absl::Time now = clock_->Now();
    if (now - last_told_ < kTellEvery) return;
    last_told_ = now;
    std::swap(receipts, troubled_);
  }
  if (on_trouble_) on_trouble_(status, receipts);
}

}  // namespace nbo::server
