#include "storage/budget_codec.h"

#include "nbo/storage/v1/records.pb.h"

namespace nbo::storage {
namespace {

namespace pb = ::nbo::storage::v1;

// False if the holds are not such as an account has: ascending, none empty, with sums that fit.
bool DecodeHolds(const pb::Budget& message, BudgetState* state) {
  const int count = message.minute_steps_size();
  if (message.held_counts_size() != count || message.held_minor_size() != count) return false;
  state->holds.reserve(static_cast<size_t>(count));
  int64_t minute = 0, all_count = 0, all_minor = 0;
  for (int i = 0; i < count; ++i) {
    if (__builtin_add_overflow(minute, message.minute_steps(i), &minute)) return false;
    const HeldMinute held{static_cast<int32_t>(minute), message.held_counts(i), message.held_minor(i)};
    if (held.minute != minute || (i > 0 && message.minute_steps(i) <= 0) || held.count <= 0 || held.minor < 0 ||
        __builtin_add_overflow(all_count, held.count, &all_count) ||
        __builtin_add_overflow(all_minor, held.minor, &all_minor)) {
      return false;
    }
    state->holds.push_back(held);
  }
  return true;
}

}  // namespace

std::string EncodeBudget(const BudgetState& state) {
  pb::Budget message;
  message.set_spent_count(state.spent_count);
  message.set_spent_minor(state.spent_minor);
  message.set_supplier_minor(state.supplier_minor);
  int32_t minute = 0;
  for (const HeldMinute& held : state.holds) {
    message.add_minute_steps(int64_t{held.minute} - minute);
    message.add_held_counts(held.count);
    message.add_held_minor(held.minor);
    minute = held.minute;
  }
  return message.SerializeAsString();
}

absl::StatusOr<BudgetState> DecodeBudget(uint64_t offer, absl::string_view bytes) {
  pb::Budget message;
  BudgetState state;
  state.offer = offer;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || message.spent_count() < 0 ||
      !DecodeHolds(message, &state)) {
    return absl::DataLossError("budget: not readable");
  }
  state.spent_count = message.spent_count();
  state.spent_minor = message.spent_minor();
  state.supplier_minor = message.supplier_minor();
  return state;
}

}  // namespace nbo::storage
