#include "server/handlers/export_handler.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/profile/lookup.h"
#include "server/handlers/convert.h"

namespace nbo::server {
namespace {

constexpr int kDefaultPage = 500;
constexpr int kMaxPage = 1000;
constexpr size_t kMaxPageBytes = 2 << 20;  // below what a gRPC client takes by default

// Ids have no control characters, so a line end cannot be part of them.
std::string TokenOf(const ReceiptKey& key) {
  return absl::BytesToHexString(absl::StrCat(key.store_id, "\n", key.receipt_id));
}

std::optional<ReceiptKey> KeyOfToken(absl::string_view token) {
  if (token.size() % 2 != 0 || token.find_first_not_of("0123456789abcdef") != absl::string_view::npos) {
    return std::nullopt;
  }
  const std::string text = absl::HexStringToBytes(token);
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('\n', 1));
  return ReceiptKey{parts.first, parts.second};
}

void FillLines(const std::vector<KeptLine>& lines, const CategoryNames& names,
               google::protobuf::RepeatedPtrField<v1::PurchaseLine>* out) {
  for (const KeptLine& line : lines) {
    v1::PurchaseLine* exported = out->Add();
    exported->set_product_id(line.product_id);
    if (line.category != 0) exported->set_category(names.Name(line.category));
    exported->set_quantity_milli(line.quantity_milli);
    exported->set_amount_minor(line.amount_minor);
    exported->set_discount_minor(line.discount_minor);
  }
}

void FillReceipt(const ReceiptKey& key, const ReceiptRecord& record, const std::string& customer_id,
                 const CategoryNames& names, v1::ExportedReceipt* out) {
  const ReceiptContent& content = *record.content;
  v1::Purchase* purchase = out->mutable_purchase();
  if (content.addressed_by.has_value()) {
    v1::Identity* identity = purchase->mutable_customer()->mutable_identity();
    identity->set_type(static_cast<v1::IdentityType>(content.addressed_by->type));
    identity->set_value(content.addressed_by->value);
  } else {
    purchase->mutable_customer()->set_customer_id(customer_id);
  }
  purchase->set_store_id(key.store_id);
  purchase->set_receipt_id(key.receipt_id);
  purchase->set_revision(content.revision);
  purchase->set_cancelled(content.cancelled);
  FromTime(content.time, purchase->mutable_time());
  purchase->set_channel(static_cast<v1::Channel>(content.channel));
  FillLines(content.lines, names, purchase->mutable_lines());
  for (const KeptReturn& returned : content.returns) {
    v1::PurchaseReturn* exported = purchase->add_returns();
    exported->set_store_id(returned.sale.store_id);
    exported->set_receipt_id(returned.sale.receipt_id);
    exported->set_whole(returned.whole);
    FillLines(returned.lines, names, exported->mutable_lines());
  }
  out->set_day(content.day);
  for (const OldRevision& old : record.older) out->add_other_revisions(old.revision);
}

void FillIdentity(const Identity& identity, const IdentityHistory& history, const std::string& customer_id,
                  v1::ExportedIdentity* out) {
  out->mutable_identity()->set_type(static_cast<v1::IdentityType>(identity.type));
  out->mutable_identity()->set_value(identity.value);
  const auto& statements = history.statements();
  for (size_t i = 0; i < statements.size(); ++i) {
    if (statements[i].owner.kind != Owner::kCustomer || statements[i].owner.customer_id != customer_id) continue;
    v1::ExportedIdentity::Period* period = out->add_periods();
    // The first owner had it from the beginning, whatever the statement says.
    if (i > 0) FromTime(statements[i].since, period->mutable_from());
    if (i + 1 < statements.size()) FromTime(statements[i + 1].since, period->mutable_to());
  }
}

}  // namespace

absl::Status ExportHandler::FillFirstPage(const CustomerState& state, v1::ExportCustomerResponse* response) const {
  const std::string& customer_id = response->customer_id();
  auto absorbed = store_->ListAbsorbed(customer_id);
  if (!absorbed.ok()) return absorbed.status();
  for (const std::string& id : *absorbed) response->add_merged_customer_ids(id);
  auto identities = store_->ListIdentities(customer_id);
  if (!identities.ok()) return identities.status();
  for (const Identity& identity : *identities) {
    auto history = store_->ReadIdentity(identity);
    if (!history.ok()) return history.status();
    FillIdentity(identity, *history, customer_id, response->add_identities());
  }
  for (const Consent& consent : state.consents) {
    v1::Consent* exported = response->add_consents();
    exported->set_channel(static_cast<v1::Channel>(consent.channel));
    exported->set_granted(consent.granted);
    FromTime(consent.time, exported->mutable_time());
    exported->set_source(consent.source);
  }
  for (const Attribute& attribute : state.attributes) {
    v1::CustomerAttribute* exported = response->add_attributes();
    exported->set_key(attribute.key);
    if (attribute.value) exported->set_value(*attribute.value);
    FromTime(attribute.time, exported->mutable_time());
    exported->set_source(attribute.source);
  }
  CustomerState base;
  auto has_base = store_->ReadBase(customer_id, &base);
  if (!has_base.ok()) return has_base.status();
  response->set_dropped_receipts_count(base.receipts);
  return absl::OkStatus();
}

absl::Status ExportHandler::FillReceipts(const ReceiptKey* after, size_t limit,
                                         v1::ExportCustomerResponse* response) const {
  size_t bytes = 0, count = 0;
  ReceiptKey last;
  bool more = false;
  absl::Status scanned =
      store_->ScanRecords(response->customer_id(), [&](const ReceiptKey& key, const ReceiptRecord& record) {
        // The records of a customer lie in an order of their own: the length of the store id comes first. What was
        // shown is what lies before the last one, wherever that is.
        if (after != nullptr) {
          if (key == *after) after = nullptr;
          return;
        }
        if (!record.content.has_value() || more) return;
        if (count == limit || bytes > kMaxPageBytes) {
          more = true;
          return;
        }
        v1::ExportedReceipt* receipt = response->add_receipts();
        FillReceipt(key, record, response->customer_id(), store_->category_names(), receipt);
        bytes += receipt->ByteSizeLong();
        last = key;
        ++count;
      });
  if (!scanned.ok()) return scanned;
  if (after != nullptr) {
    return absl::FailedPreconditionError("page_token: the receipt at which it stopped is gone; begin again without it");
  }
  if (more) response->set_next_page_token(TokenOf(last));
  return absl::OkStatus();
}

absl::Status ExportHandler::ExportCustomer(const v1::ExportCustomerRequest& request,
                                           v1::ExportCustomerResponse* response) const {
  if (request.page_size() < 0 || request.page_size() > kMaxPage) {
    return absl::InvalidArgumentError(absl::StrCat("page_size: ", request.page_size(), " is outside 0..", kMaxPage));
  }
  std::optional<ReceiptKey> after;
  if (!request.page_token().empty()) {
    after = KeyOfToken(request.page_token());
    if (!after) return absl::InvalidArgumentError("page_token: is none that this server gave");
  }
  auto customer_id = ResolveCustomer("customer", request.customer(), *store_, clock_->Now());
  if (!customer_id.ok()) return customer_id.status();
  CustomerState state;
  auto found = ReadCurrentState(*store_, &*customer_id, &state);
  if (!found.ok()) return found.status();
  response->set_customer_id(*customer_id);
  if (!after) {
    if (absl::Status s = FillFirstPage(state, response); !s.ok()) return s;
    if (!*found && response->identities().empty() && response->merged_customer_ids().empty()) {
      return absl::NotFoundError(absl::StrCat("customer '", *customer_id, "': nothing is kept"));
    }
  }
  const int page = request.page_size() == 0 ? kDefaultPage : request.page_size();
  return FillReceipts(after ? &*after : nullptr, static_cast<size_t>(page), response);
}

}  // namespace nbo::server
