// CustomerState to bytes; storage/state_bits.h tells which.
#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <vector>

#include "storage/bits.h"
#include "storage/codec.h"
#include "storage/column.h"
#include "storage/order.h"
#include "storage/state_bits.h"

namespace nbo::storage {
namespace {

// Memory that a thread keeps from state to state.
struct Scratch {
  std::string bytes;
  std::vector<int64_t> column;
  std::vector<uint64_t> keys;
  std::vector<uint32_t> numbers, order;
  std::vector<const uint64_t*> category_keys;
  std::vector<const std::string*> store_keys;
};

// Where a day stands among the days kept: 1 for the newest of them, 0 for none of them.
class DayPlaces {
 public:
  explicit DayPlaces(const CustomerState& state) : newest_(state.newest_day) {
    int64_t place = 0;
    for (auto day = state.days.rbegin(); day != state.days.rend(); ++day) {
      const uint32_t ago = DaysBetween(day->day, newest_);
      ++place;
      if (ago < by_ago_.size()) by_ago_[ago] = static_cast<uint16_t>(place);
    }
  }
  int64_t Of(Day day) const {
    const uint32_t ago = DaysBetween(day, newest_);
    return ago < by_ago_.size() ? by_ago_[ago] : 0;
  }

 private:
  const Day newest_;
  std::array<uint16_t, kDetailedDays> by_ago_{};
};

class Encoder {
 public:
  Encoder(const CustomerState& state, Scratch* scratch, Numbers* numbers, UnwrittenNumbers* unwritten)
      : state_(state),
        scratch_(*scratch),
        numbers_(numbers),
        unwritten_(unwritten),
        places_(state),
        writer_(&scratch->bytes[0]) {}

  size_t Encode() {
    PutHeader();
    PutDays();
    PutCategories();
    PutStores();
    PutChannels();
    PutConsents();
    if (!state_.attributes.empty()) PutAttributes();
    return writer_.Finish();
  }

 private:
  // Writes value(i) for each of `count`.
  template <typename Value>
  void Put(size_t count, Value value) {
    scratch_.column.resize(count);
    for (size_t i = 0; i < count; ++i) scratch_.column[i] = value(i);
    PutColumn(absl::MakeSpan(scratch_.column), &writer_);
  }

  void PutHeader() {
    writer_.Put(state_.attributes.empty() ? kLayout : kLayoutWithAttributes, kLayoutBits);
    writer_.PutNumber(static_cast<uint64_t>(state_.receipts));
    writer_.PutNumber(ZigZag(state_.newest_day));
    PutDay(state_.first_visit_day, state_.days.empty() ? kNoDay : state_.days.front().day);
    PutDay(state_.last_visit_day, state_.newest_day);
    const DayTotals& older = state_.older;
    writer_.Put(!older.zero(), 1);
    if (!older.zero()) {
      for (int64_t n : {older.visits, older.revenue_minor, older.discount_minor}) writer_.PutNumber(ZigZag(n));
    }
    const bool begun_anew = state_.not_before != absl::InfinitePast();
    writer_.Put(begun_anew, 1);
    if (begun_anew) writer_.PutNumber(ZigZag(absl::ToUnixMicros(state_.not_before)));
  }

  // In one bit if it is the usual one.
  void PutDay(Day day, Day usual) {
    writer_.Put(day == usual, 1);
    if (day != usual) writer_.PutNumber(Ago(state_.newest_day, day));
  }

  void PutDays() {
    const size_t count = state_.days.size();
    writer_.PutNumber(count);
    if (count == 0) return;
    const DayTotals* newest = state_.days.data() + count - 1;
    Put(count, [&](size_t i) {
      return i == 0 ? int64_t{DaysBetween(newest->day, state_.newest_day)}
                    : int64_t{DaysBetween((newest - i)->day, (newest - i + 1)->day)} - 1;
    });
    Put(count, [&](size_t i) { return Less1((newest - i)->visits); });
    Put(count, [&](size_t i) { return (newest - i)->revenue_minor; });
    Put(count, [&](size_t i) { return (newest - i)->discount_minor; });
  }

  // Puts in order those that have a number, then the rest; writes the numbers. Returns how many have one.
  size_t PutNumbers(uint32_t end) {
    const size_t count = scratch_.numbers.size();
    scratch_.keys.assign(scratch_.numbers.begin(), scratch_.numbers.end());
    OrderOf(scratch_.keys, static_cast<int>(std::bit_width(end)), &scratch_.order);
    size_t numbered = count;
    while (numbered > 0 && scratch_.keys[scratch_.order[numbered - 1]] == kNoNumber) --numbered;
    writer_.PutNumber(numbered);
    writer_.Put(numbered < count, 1);
    if (numbered < count) writer_.PutNumber(count - numbered);
    int64_t next = 0;
    Put(numbered, [&](size_t i) {
      const auto number = static_cast<int64_t>(scratch_.keys[scratch_.order[i]]);
      const int64_t gap = number - next;
      next = number + 1;
      return gap;
    });
    return numbered;
  }

  // The visits and last days of categories or stores, in order.
  template <typename Totals>
  void PutVisits(const std::vector<Totals>& totals) {
    Put(totals.size(), [&](size_t i) { return Less1(totals[scratch_.order[i]].visits); });
    Put(totals.size(), [&](size_t i) { return places_.Of(totals[scratch_.order[i]].last_day); });
    size_t elsewhere = 0;
    scratch_.column.resize(totals.size());
    for (uint32_t i : scratch_.order) {
      const Day day = totals[i].last_day;
      if (places_.Of(day) == 0) scratch_.column[elsewhere++] = static_cast<int64_t>(Ago(state_.newest_day, day));
    }
    if (elsewhere > 0) PutColumn(absl::MakeSpan(scratch_.column.data(), elsewhere), &writer_);
  }

  void PutCategories() {
    const std::vector<CategoryTotals>& totals = state_.categories;
    scratch_.category_keys.clear();
    for (const CategoryTotals& category : totals) scratch_.category_keys.push_back(&category.category);
    scratch_.numbers.resize(totals.size());
    numbers_->categories.NumbersOf(scratch_.category_keys, scratch_.numbers.data(), &unwritten_->categories);
    const size_t numbered = PutNumbers(numbers_->categories.end());
    for (size_t i = numbered; i < totals.size(); ++i) writer_.Put64(totals[scratch_.order[i]].category);
    PutVisits(totals);
    Put(totals.size(), [&](size_t i) { return totals[scratch_.order[i]].revenue_minor; });
  }

  void PutStores() {
    const std::vector<StoreTotals>& totals = state_.stores;
    scratch_.store_keys.clear();
    for (const StoreTotals& store : totals) scratch_.store_keys.push_back(&store.store_id);
    scratch_.numbers.resize(totals.size());
    numbers_->stores.NumbersOf(scratch_.store_keys, scratch_.numbers.data(), &unwritten_->stores);
    const size_t numbered = PutNumbers(numbers_->stores.end());
    for (size_t i = numbered; i < totals.size(); ++i) writer_.PutText(totals[scratch_.order[i]].store_id);
    PutVisits(totals);
  }

  void PutChannels() {
    size_t channels = kChannelCount;
    while (channels > 0 && state_.channel_visits[channels - 1] == 0) --channels;
    writer_.Put(channels, kChannelBits);
    Put(channels, [&](size_t i) { return state_.channel_visits[i]; });
  }

  void PutConsents() {
    writer_.Put(state_.consents.size(), kChannelBits);
    for (const Consent& consent : state_.consents) {
      writer_.Put(static_cast<uint64_t>(consent.channel), kChannelBits);
      writer_.Put(consent.granted, 1);
      writer_.PutNumber(ZigZag(absl::ToUnixMicros(consent.time)));
      writer_.PutText(consent.source);
    }
  }

  void PutAttributes() {
    writer_.PutNumber(state_.attributes.size());
    for (const Attribute& attribute : state_.attributes) {
      writer_.PutText(attribute.key);
      writer_.Put(attribute.value.has_value(), 1);
      if (attribute.value) writer_.PutText(*attribute.value);
      writer_.PutNumber(ZigZag(absl::ToUnixMicros(attribute.time)));
      writer_.PutText(attribute.source);
    }
  }

  const CustomerState& state_;
  Scratch& scratch_;
  Numbers* const numbers_;
  UnwrittenNumbers* const unwritten_;
  const DayPlaces places_;
  BitWriter writer_;
};

// More bytes than a state can take: 11 for each number in a column, 9 for each by itself.
size_t MostBytes(const CustomerState& state) {
  size_t bytes = 512 + 44 * state.days.size() + 64 * (state.categories.size() + state.stores.size());
  for (const StoreTotals& store : state.stores) bytes += store.store_id.size();
  for (const Consent& consent : state.consents) bytes += 32 + consent.source.size();
  for (const Attribute& attribute : state.attributes) {
    bytes += 64 + attribute.key.size() + (attribute.value ? attribute.value->size() : 0) + attribute.source.size();
  }
  return bytes;
}

}  // namespace

void EncodeState(const CustomerState& state, Numbers* numbers, UnwrittenNumbers* unwritten, std::string* out) {
  static thread_local Scratch scratch;
  if (const size_t most = MostBytes(state); scratch.bytes.size() < most) scratch.bytes.resize(most);
  const size_t size = Encoder(state, &scratch, numbers, unwritten).Encode();
  out->assign(scratch.bytes, 0, size);
}

}  // namespace nbo::storage
