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
                   texts_.Intern(key.receipt_id));
  const auto [found, is_new] = by_key_.try_emplace(packed, static_cast<uint32_t>(receipts_.size()));
  if (is_new) {
    Receipt receipt;
    receipt.identity_type = key.identity_type;
    std::tie(std::ignore, receipt.customer, receipt.store_id, receipt.receipt_id) = packed;
    receipt.origin = origin;
    receipts_.push_back(receipt);
  }
  return receipts_[found->second];
}

void ReceiptBook::AddLine(const ReceiptKey& key, const ReceiptTime& time, nbo::v1::Channel channel,
                          const LineValues& line, LineOrigin origin) {
  Receipt& receipt = FindOrAdd(key, origin);
  const uint32_t index = static_cast<uint32_t>(lines_.size());
  lines_.push_back(Line{line.quantity_milli, line.amount_minor, line.discount_minor, texts_.Intern(line.product_id),
                        texts_.Intern(line.category), kNone});
  if (receipt.line_count == 0) {
    receipt.first = index;
    receipt.channel = channel;
    receipt.time = time;
  } else {
    lines_[receipt.last].next = index;
    if (time.time < receipt.time.time) receipt.time = time;
  }
  receipt.last = index;
  ++receipt.line_count;
}

void ReceiptBook::Spoil(const ReceiptKey& key, LineOrigin origin) { FindOrAdd(key, origin).spoiled = true; }

ReceiptKey ReceiptBook::key(size_t receipt) const {
  const Receipt& found = receipts_[receipt];
  return ReceiptKey{found.identity_type, texts_.text(found.customer), texts_.text(found.store_id),
                    texts_.text(found.receipt_id)};
}

const ReceiptTime* ReceiptBook::last_time() const {
  const ReceiptTime* last = nullptr;
  for (const Receipt& receipt : receipts_) {
    if (receipt.spoiled) continue;
    if (last == nullptr || receipt.time.time > last->time) last = &receipt.time;
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
  for (uint32_t at = receipt.first; at != kNone; at = lines_[at].next) {
    const Line& line = lines_[at];
    nbo::v1::PurchaseLine* added = purchase->add_lines();
    added->set_product_id(texts_.text(line.product_id));
    added->set_category(texts_.text(line.category));
    added->set_quantity_milli(line.quantity_milli);
    added->set_amount_minor(line.amount_minor);
    added->set_discount_minor(line.discount_minor);
  }
}

}  // namespace nbo::ctl
