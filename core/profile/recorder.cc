#include "core/profile/recorder.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"
#include "core/profile/fold.h"

namespace nbo {
namespace {

using Result = absl::StatusOr<RecordResult>;
using ReceiptKey = std::tuple<absl::string_view, absl::string_view, absl::string_view>;

ReceiptKey KeyOf(const Receipt& receipt) { return {receipt.customer_id, receipt.store_id, receipt.receipt_id}; }

// One group on its way: what was read, what is to be written.
class Group {
 public:
  Group(ProfileStore* store, absl::Span<const Receipt* const> receipts) : store_(store), receipts_(receipts) {}

  absl::Status Read();
  Result Add(size_t index);
  absl::Status Write();

 private:
  absl::Status CheckNotLinked(const Receipt& receipt) const;
  absl::Status NoteCategories(const Receipt& receipt);
  Result CompareContent(const Receipt& receipt, uint64_t stored, uint64_t digest) const;

  ProfileStore* store_;
  absl::Span<const Receipt* const> receipts_;
  std::vector<std::optional<uint64_t>> digests_;
  std::vector<absl::string_view> customers_;  // distinct
  absl::flat_hash_map<absl::string_view, size_t> customer_index_;
  std::vector<CustomerState> states_;  // by customers_
  std::vector<char> changed_;          // by customers_
  absl::flat_hash_map<ReceiptKey, uint64_t> added_;
  absl::flat_hash_set<std::string> new_categories_;
  WriteGroup write_;
};

absl::Status Group::Read() {
  for (const Receipt* receipt : receipts_) {
    if (customer_index_.try_emplace(receipt->customer_id, customers_.size()).second) {
      customers_.push_back(receipt->customer_id);
    }
  }
  changed_.assign(customers_.size(), 0);
  std::vector<char> found;
  if (absl::Status s = store_->ReadStates(customers_, &states_, &found); !s.ok()) return s;
  return store_->ReadDigests(receipts_, &digests_);
}

Result Group::CompareContent(const Receipt& receipt, uint64_t stored, uint64_t digest) const {
  if (stored == digest) return RecordResult::kDuplicate;
  return absl::AlreadyExistsError(
      absl::StrCat("purchase.receipt_id: receipt '", receipt.receipt_id, "' of store '", receipt.store_id,
                   "' is already recorded with other content; give a new receipt its own id"));
}

absl::Status Group::CheckNotLinked(const Receipt& receipt) const {
  if (!IsDerivedCustomerId(receipt.customer_id)) return absl::OkStatus();
  auto link = store_->ReadLink(IdentityOfDerivedId(receipt.customer_id));
  if (!link.ok()) return link.status();
  if (link->has_value())
    return absl::UnavailableError("purchase.customer: the identity was linked this moment; send again");
  return absl::OkStatus();
}

absl::Status Group::NoteCategories(const Receipt& receipt) {
  std::vector<absl::string_view> added;
  for (const ReceiptLine& line : receipt.lines) {
    if (line.category.empty() || new_categories_.contains(line.category)) continue;
    auto standing = store_->category_names().StandingOf(line.category);
    if (standing == CategoryNames::Standing::kKnown) continue;
    if (standing == CategoryNames::Standing::kCollides) {
      return absl::InvalidArgumentError(
          absl::StrCat("purchase.lines.category: '", line.category, "' cannot be told from another one; rename it"));
    }
    if (store_->category_names().size() + new_categories_.size() + added.size() >= kMaxCategories) {
      return absl::ResourceExhaustedError(absl::StrCat("purchase.lines.category: '", line.category,
                                                       "' would exceed the ", kMaxCategories,
                                                       " categories of a deployment"));
    }
    added.push_back(line.category);
  }
  for (absl::string_view name : added) new_categories_.insert(std::string(name));  // only now is nothing refused
  return absl::OkStatus();
}

Result Group::Add(size_t index) {
  const Receipt& receipt = *receipts_[index];
  const uint64_t digest = ContentDigest(receipt);
  if (digests_[index].has_value()) return CompareContent(receipt, *digests_[index], digest);
  if (auto it = added_.find(KeyOf(receipt)); it != added_.end()) return CompareContent(receipt, it->second, digest);
  const size_t customer = customer_index_.at(receipt.customer_id);
  if (absl::Status s = CheckRoom(receipt, states_[customer]); !s.ok()) return s;
  if (absl::Status s = CheckNotLinked(receipt); !s.ok()) return s;
  if (absl::Status s = NoteCategories(receipt); !s.ok()) return s;
  Fold(receipt, &states_[customer]);
  changed_[customer] = 1;
  added_.emplace(KeyOf(receipt), digest);
  write_.receipts.push_back({&receipt, digest});
  return RecordResult::kAccepted;
}

absl::Status Group::Write() {
  if (write_.receipts.empty()) return absl::OkStatus();
  for (size_t i = 0; i < customers_.size(); ++i) {
    if (changed_[i]) write_.states.push_back({customers_[i], &states_[i]});
  }
  write_.new_categories.assign(new_categories_.begin(), new_categories_.end());
  std::sort(write_.new_categories.begin(), write_.new_categories.end());
  return store_->Write(write_);
}

}  // namespace

std::vector<Result> Recorder::Record(absl::Span<const Receipt* const> receipts) {
  std::vector<Result> results;
  results.reserve(receipts.size());
  Group group(store_, receipts);
  if (absl::Status s = group.Read(); !s.ok()) {
    // A damaged record is the trouble of one customer: everybody else's receipts are recorded one by one.
    if (absl::IsDataLoss(s) && receipts.size() > 1) {
      for (const Receipt* receipt : receipts) results.push_back(Record({&receipt, 1}).front());
      return results;
    }
    results.assign(receipts.size(), s);
    return results;
  }
  for (size_t i = 0; i < receipts.size(); ++i) results.push_back(group.Add(i));
  if (absl::Status s = group.Write(); !s.ok()) {
    // A duplicate of something in this group was not counted either. What the store already had stands, but telling
    // the two apart is not worth it: everything may be sent again.
    for (Result& result : results) {
      if (result.ok()) result = s;
    }
  }
  return results;
}

absl::StatusOr<IdentityLink> Recorder::Link(const IdentityLink& link) {
  auto current = store_->ReadLink(link.identity);
  if (!current.ok()) return current.status();
  if (current->has_value() && !Supersedes(link, **current)) return **current;
  if (!current->has_value()) {
    CustomerState state;
    auto found = store_->ReadState(DerivedCustomerId(link.identity), &state);
    if (!found.ok()) return found.status();
    if (*found) {
      return absl::FailedPreconditionError(absl::StrCat(
          "identity: has ", state.receipts,
          " receipts of its own, recorded before it was linked; uniting two profiles is not possible yet"));
    }
  }
  WriteGroup group;
  group.links.push_back(&link);
  if (absl::Status s = store_->Write(group); !s.ok()) return s;
  return link;
}

}  // namespace nbo
