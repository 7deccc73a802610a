#include "server/ctl/receipt_grouping.h"

#include "nbo/v1/event_service.pb.h"
#include "server/ctl/api_time.h"

namespace nbo::ctl {

uint32_t TextPool::Intern(absl::string_view text) {
  const auto found = ids_.find(text);
  if (found != ids_.end()) return found->second;
  const uint32_t id = static_cast<uint32_t>(texts_.size());
  texts_.emplace_back(text);
  ids_.emplace(texts_.back(), id);
  return id;
}

ReceiptBook::Receipt& ReceiptBook::FindOrAdd(const ReceiptKey& key, LineOrigin origin) {
  const Key packed(key.identity_type, texts_.Intern(key.customer), texts_.Intern(key.store_id),
                   texts_.Intern(key.receipt_id), key.revision);
  const auto [found, is_new] = by_key_.try_emplace(packed, static_cast<uint32_t>(receipts_.size()));
  if (is_new) {
    Receipt receipt;
    receipt.identity_type = key.identity_type;
    std::tie(std::ignore, receipt.customer, receipt.store_id, receipt.receipt_id, receipt.revision) = packed;
    receipt.origin = origin;
    receipts_.push_back(receipt);
  }
  return receipts_[found->second];
}

ReceiptBook::Key ReceiptBook::KeyOf(const Receipt& receipt, int32_t revision) {
  return Key(receipt.identity_type, receipt.customer, receipt.store_id, receipt.receipt_id, revision);
}

void ReceiptBook::Count(const ReceiptTime& time, nbo::v1::Channel channel, Receipt* receipt) {
  if (receipt->line_count == 0) {
    receipt->channel = channel;
    receipt->time = time;
  } else if (time.time < receipt->time.time) {
    receipt->time = time;
  }
  ++receipt->line_count;
}

uint32_t ReceiptBook::FindOrAddReturned(const ReceiptKey& key, const LineValues& line) {
  if (line.returned_receipt_id.empty()) return kNone;
  const bool same_store = line.returned_store_id.empty() || line.returned_store_id == key.store_id;
  const Returned returned(same_store ? kNone : texts_.Intern(line.returned_store_id),
                          texts_.Intern(line.returned_receipt_id));
  const auto [found, is_new] = by_returned_.try_emplace(returned, static_cast<uint32_t>(returned_.size()));
  if (is_new) returned_.push_back(returned);
  return found->second;
}

bool ReceiptBook::AddLine(const ReceiptKey& key, const ReceiptTime& time, nbo::v1::Channel channel,
                          const LineValues& line, LineOrigin origin) {
  Receipt& receipt = FindOrAdd(key, origin);
  if (receipt.cancelled) return false;
  const uint32_t index = static_cast<uint32_t>(lines_.size());
  lines_.push_back(Line{line.quantity_milli, line.amount_minor, line.discount_minor,
                        line.whole_return ? kNone : texts_.Intern(line.product_id), texts_.Intern(line.category),
                        FindOrAddReturned(key, line), kNone});
  Count(time, channel, &receipt);
  if (receipt.first == kNone) {
    receipt.first = index;
  } else {
    lines_[receipt.last].next = index;
  }
  receipt.last = index;
  return true;
}

bool ReceiptBook::AddCancellation(const ReceiptKey& key, const ReceiptTime& time, nbo::v1::Channel channel,
                                  LineOrigin origin) {
  Receipt& receipt = FindOrAdd(key, origin);
  if (receipt.first != kNone) return false;
  receipt.cancelled = true;
  Count(time, channel, &receipt);
  return true;
}

void ReceiptBook::Spoil(const ReceiptKey& key, LineOrigin origin) { FindOrAdd(key, origin).spoiled = true; }

bool ReceiptBook::spoiled(size_t index) const {
  const Receipt& receipt = receipts_[index];
  return receipt.spoiled || by_key_.contains(KeyOf(receipt, kUnknownRevision));
}

ReceiptKey ReceiptBook::key(size_t receipt) const {
  const Receipt& found = receipts_[receipt];
  return ReceiptKey{found.identity_type, texts_.text(found.customer), texts_.text(found.store_id),
                    texts_.text(found.receipt_id), found.revision};
}

const ReceiptTime* ReceiptBook::last_time() const {
  const ReceiptTime* last = nullptr;
  for (size_t i = 0; i < receipts_.size(); ++i) {
    if (spoiled(i)) continue;
    if (last == nullptr || receipts_[i].time.time > last->time) last = &receipts_[i].time;
  }
  return last;
}

void ReceiptBook::ShiftAll(int64_t weeks, const absl::TimeZone& zone) {
  for (Receipt& receipt : receipts_) receipt.time = ShiftWeeks(receipt.time, weeks, zone);
}

void ReceiptBook::Fill(size_t index, nbo::v1::Purchase* purchase) const {
  const Receipt& receipt = receipts_[index];
  purchase->Clear();
  if (receipt.identity_type == nbo::v1::IDENTITY_TYPE_UNSPECIFIED) {
    purchase->mutable_customer()->set_customer_id(texts_.text(receipt.customer));
  } else {
    nbo::v1::Identity* identity = purchase->mutable_customer()->mutable_identity();
    identity->set_type(receipt.identity_type);
    identity->set_value(texts_.text(receipt.customer));
  }
  purchase->set_receipt_id(texts_.text(receipt.receipt_id));
  purchase->set_store_id(texts_.text(receipt.store_id));
  *purchase->mutable_time() = ToTimestamp(receipt.time.time);
  purchase->set_utc_offset_minutes(receipt.time.utc_offset_minutes);
  purchase->set_channel(receipt.channel);
  purchase->set_revision(receipt.revision);
  purchase->set_cancelled(receipt.cancelled);
  absl::flat_hash_map<uint32_t, nbo::v1::PurchaseReturn*> returns;
  for (uint32_t at = receipt.first; at != kNone; at = lines_[at].next) {
    const Line& line = lines_[at];
    nbo::v1::PurchaseReturn* taken_back = nullptr;
    if (line.returned != kNone) {
      const auto [found, is_new] = returns.try_emplace(line.returned, nullptr);
      if (is_new) {
        found->second = purchase->add_returns();
        const auto& [store_id, receipt_id] = returned_[line.returned];
        if (store_id != kNone) found->second->set_store_id(texts_.text(store_id));
        found->second->set_receipt_id(texts_.text(receipt_id));
      }
      taken_back = found->second;
    }
    if (line.product_id == kNone) {
      taken_back->set_whole(true);
    } else {
      FillLine(line, taken_back == nullptr ? purchase->add_lines() : taken_back->add_lines());
    }
  }
}

void ReceiptBook::FillLine(const Line& line, nbo::v1::PurchaseLine* filled) const {
  filled->set_product_id(texts_.text(line.product_id));
  filled->set_category(texts_.text(line.category));
  filled->set_quantity_milli(line.quantity_milli);
  filled->set_amount_minor(line.amount_minor);
  filled->set_discount_minor(line.discount_minor);
}

}  // namespace nbo::ctl
