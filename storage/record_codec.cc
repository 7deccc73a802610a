// Receipt records and identity histories; the rest of codec.h is in codec.cc.
#include <utility>

#include "nbo/storage/v1/records.pb.h"
#include "storage/codec.h"

namespace nbo::storage {
namespace {

namespace pb = ::nbo::storage::v1;

void EncodeLines(const std::vector<KeptLine>& lines, pb::Lines* out) {
  for (const KeptLine& line : lines) {
    out->add_product_ids(line.product_id);
    out->add_category_keys(line.category);
    out->add_quantity_milli(line.quantity_milli);
    out->add_amount_minor(line.amount_minor);
    out->add_discount_minor(line.discount_minor);
  }
}

bool DecodeLines(const pb::Lines& in, std::vector<KeptLine>* lines) {
  const int count = in.product_ids_size();
  if (in.category_keys_size() != count || in.quantity_milli_size() != count || in.amount_minor_size() != count ||
      in.discount_minor_size() != count) {
    return false;
  }
  lines->reserve(count);
  for (int i = 0; i < count; ++i) {
    lines->push_back(
        {in.product_ids(i), in.category_keys(i), in.quantity_milli(i), in.amount_minor(i), in.discount_minor(i)});
  }
  return true;
}

void EncodeContent(const ReceiptContent& content, pb::ReceiptRecord* out) {
  out->set_known(true);
  out->set_digest(content.digest);
  out->set_time_us(absl::ToUnixMicros(content.time));
  out->set_day(content.day);
  out->set_channel(static_cast<uint32_t>(content.channel));
  if (!content.lines.empty()) EncodeLines(content.lines, out->mutable_lines());
  out->set_revision(content.revision);
  out->set_cancelled(content.cancelled);
  if (content.addressed_by.has_value()) {
    out->set_identity_type(static_cast<uint32_t>(content.addressed_by->type));
    out->set_identity_value(content.addressed_by->value);
  }
  for (const KeptReturn& returned : content.returns) {
    pb::ReceiptRecord::Return* kept = out->add_returns();
    kept->set_store_id(returned.sale.store_id);
    kept->set_receipt_id(returned.sale.receipt_id);
    kept->set_whole(returned.whole);
    if (!returned.lines.empty()) EncodeLines(returned.lines, kept->mutable_lines());
  }
}

bool DecodeContent(const pb::ReceiptRecord& in, ReceiptContent* content) {
  if (in.channel() >= kChannelCount || in.identity_type() >= kIdentityTypeCount) return false;
  content->revision = in.revision();
  content->digest = in.digest();
  content->cancelled = in.cancelled();
  content->time = absl::FromUnixMicros(in.time_us());
  content->day = in.day();
  content->channel = static_cast<Channel>(in.channel());
  if (in.identity_type() != 0) {
    content->addressed_by = Identity{static_cast<IdentityType>(in.identity_type()), in.identity_value()};
  }
  bool ok = DecodeLines(in.lines(), &content->lines);
  for (const pb::ReceiptRecord::Return& kept : in.returns()) {
    KeptReturn returned{{kept.store_id(), kept.receipt_id()}, kept.whole(), {}};
    ok &= DecodeLines(kept.lines(), &returned.lines);
    content->returns.push_back(std::move(returned));
  }
  return ok;
}

}  // namespace

std::string EncodeRecord(const ReceiptRecord& record) {
  // One message per thread: its columns keep their memory.
  static thread_local pb::ReceiptRecord message;
  message.Clear();
  if (record.content.has_value()) EncodeContent(*record.content, &message);
  for (const OldRevision& old : record.older) {
    message.add_older_revisions(old.revision);
    message.add_older_digests(old.digest);
  }
  for (const AttachedReturn& attached : record.attached) {
    pb::ReceiptRecord::Attached* kept = message.add_attached();
    kept->set_store_id(attached.by.store_id);
    kept->set_receipt_id(attached.by.receipt_id);
    kept->set_day(attached.day);
    kept->set_whole(attached.whole);
    if (!attached.lines.empty()) EncodeLines(attached.lines, kept->mutable_lines());
  }
  return message.SerializeAsString();
}

absl::StatusOr<ReceiptRecord> DecodeRecord(absl::string_view bytes) {
  static thread_local pb::ReceiptRecord message;
  ReceiptRecord record;
  bool ok = message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
            message.older_revisions_size() == message.older_digests_size();
  if (ok && message.known()) ok = DecodeContent(message, &record.content.emplace());
  if (!ok) return absl::DataLossError("receipt: not readable");
  for (int i = 0; i < message.older_revisions_size(); ++i) {
    record.older.push_back({message.older_revisions(i), message.older_digests(i)});
  }
  for (const pb::ReceiptRecord::Attached& kept : message.attached()) {
    AttachedReturn attached{{kept.store_id(), kept.receipt_id()}, kept.day(), kept.whole(), {}};
    if (!DecodeLines(kept.lines(), &attached.lines)) return absl::DataLossError("receipt: not readable");
    record.attached.push_back(std::move(attached));
  }
  if (record.empty()) return absl::DataLossError("receipt: empty record");
  return record;
}

std::string EncodeHistory(const IdentityHistory& history) {
  pb::IdentityHistory message;
  for (const OwnerStatement& statement : history.statements()) {
    message.add_since_us(statement.since == absl::InfinitePast() ? INT64_MIN : absl::ToUnixMicros(statement.since));
    message.add_kinds(statement.owner.kind);
    message.add_customer_ids(statement.owner.customer_id);
  }
  return message.SerializeAsString();
}

absl::StatusOr<IdentityHistory> DecodeHistory(absl::string_view bytes) {
  pb::IdentityHistory message;
  bool ok = message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
            message.kinds_size() == message.since_us_size() && message.customer_ids_size() == message.since_us_size();
  IdentityHistory history;
  for (int i = 0; ok && i < message.since_us_size(); ++i) {
    ok = message.kinds(i) <= Owner::kErased;
    const absl::Time since =
        message.since_us(i) == INT64_MIN ? absl::InfinitePast() : absl::FromUnixMicros(message.since_us(i));
    if (ok) history.Add({since, {static_cast<Owner::Kind>(message.kinds(i)), message.customer_ids(i)}});
  }
  if (!ok) return absl::DataLossError("identity: not readable");
  return history;
}

}  // namespace nbo::storage
