// Bytes to CustomerState; storage/state_bits.h tells which.
#include <algorithm>
#include <string>
#include <vector>

#include "core/base/limits.h"
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
  std::vector<uint64_t> category_keys;
  std::vector<const std::string*> store_keys;
  std::vector<uint32_t> order, place;
};

class Decoder {
 public:
  Decoder(absl::string_view bytes, const Numbers& numbers, Scratch* scratch, CustomerState* state)
      : reader_(bytes), numbers_(numbers), scratch_(*scratch), state_(*state) {}

  bool Decode() {
    return GetHeader() && GetDays() && GetCategories() && GetStores() && GetChannels() && GetConsents() &&
           GetAttributes() && reader_.AtEnd();
  }

 private:
  // Calls take(i, number) for a column of `count`.
  template <typename Take>
  bool Each(size_t count, Take take) {
    if (!GetColumn(&reader_, count, &scratch_.column)) return false;
    for (size_t i = 0; i < count; ++i) take(i, scratch_.column[i]);
    return true;
  }

  bool GetHeader() {
    const uint64_t layout = reader_.Get(kLayoutBits);
    if (layout != kLayout && layout != kLayoutWithAttributes) return false;
    has_attributes_ = layout == kLayoutWithAttributes;
    state_.receipts = static_cast<int64_t>(reader_.GetNumber());
    state_.newest_day = static_cast<Day>(UnZigZag(reader_.GetNumber()));
    usual_first_visit_ = reader_.Get(1) != 0;
    if (!usual_first_visit_) state_.first_visit_day = FromAgo(state_.newest_day, reader_.GetNumber());
    const bool usual_last_visit = reader_.Get(1) != 0;
    state_.last_visit_day = usual_last_visit ? state_.newest_day : FromAgo(state_.newest_day, reader_.GetNumber());
    state_.older = {};
    if (reader_.Get(1) != 0) {
      state_.older.visits = UnZigZag(reader_.GetNumber());
      state_.older.revenue_minor = UnZigZag(reader_.GetNumber());
      state_.older.discount_minor = UnZigZag(reader_.GetNumber());
    }
    state_.not_before = absl::InfinitePast();
    if (reader_.Get(1) != 0) state_.not_before = absl::FromUnixMicros(UnZigZag(reader_.GetNumber()));
    return true;
  }

  bool GetDays() {
    const uint64_t count = reader_.GetNumber();
    if (count > kDetailedDays) return false;
    state_.days.resize(count);
    if (usual_first_visit_) state_.first_visit_day = kNoDay;
    if (count == 0) return true;
    DayTotals* newest = state_.days.data() + count - 1;
    Day later = Back(state_.newest_day, ~uint64_t{0});  // the day after
    if (!Each(count, [&](size_t i, int64_t gap) {
          later = Back(later, static_cast<uint64_t>(gap) + 1);
          (newest - i)->day = later;
        })) {
      return false;
    }
    if (!Each(count, [&](size_t i, int64_t n) { (newest - i)->visits = Plus1(n); })) return false;
    if (!Each(count, [&](size_t i, int64_t n) { (newest - i)->revenue_minor = n; })) return false;
    if (!Each(count, [&](size_t i, int64_t n) { (newest - i)->discount_minor = n; })) return false;
    if (usual_first_visit_) state_.first_visit_day = state_.days.front().day;
    return true;
  }

  // Reads how many have a number and how many have none. False if there cannot be so many.
  bool GetCounts(uint32_t end, int least_bits, size_t* numbered, size_t* rest) {
    *numbered = reader_.GetNumber();
    *rest = reader_.Get(1) != 0 ? reader_.GetNumber() : 0;
    return *numbered <= end && *rest <= reader_.bits_left() / static_cast<size_t>(least_bits);
  }

  // Calls take(i, key) for each that has a number. False if a number is unknown.
  template <typename Key, typename Take>
  bool GetNumbers(const NumberTable<Key>& table, size_t count, Take take) {
    uint64_t next = 0;
    bool known = true;
    if (!Each(count, [&](size_t i, int64_t gap) {
          const uint64_t number = next + static_cast<uint64_t>(gap);
          const Key* key = number >= next ? table.KeyOf(number) : nullptr;
          known &= key != nullptr;
          if (key != nullptr) take(i, *key);
          next = number + 1;
        })) {
      return false;
    }
    return known;
  }

  // scratch_.place[i]: where what was read as number i goes.
  void PlaceInOrder() {
    scratch_.place.resize(scratch_.order.size());
    for (uint32_t i = 0; i < scratch_.order.size(); ++i) scratch_.place[scratch_.order[i]] = i;
  }

  template <typename Totals>
  bool GetVisits(std::vector<Totals>* totals) {
    const size_t count = totals->size();
    const std::vector<uint32_t>& place = scratch_.place;
    if (!Each(count, [&](size_t i, int64_t n) { (*totals)[place[i]].visits = Plus1(n); })) return false;
    const std::vector<DayTotals>& days = state_.days;
    std::vector<uint32_t>& elsewhere = scratch_.order;  // not needed any more
    elsewhere.clear();
    bool known = true;
    if (!Each(count, [&](size_t i, int64_t n) {
          const auto back = static_cast<uint64_t>(n);
          known &= back <= days.size();
          if (back > 0 && back <= days.size()) {
            (*totals)[place[i]].last_day = days[days.size() - back].day;
          } else {
            elsewhere.push_back(place[i]);
          }
        })) {
      return false;
    }
    if (elsewhere.empty()) return known;
    if (!Each(elsewhere.size(), [&](size_t i, int64_t n) {
          (*totals)[elsewhere[i]].last_day = FromAgo(state_.newest_day, static_cast<uint64_t>(n));
        })) {
      return false;
    }
    return known;
  }

  bool GetCategories() {
    size_t numbered = 0, rest = 0;
    if (!GetCounts(numbers_.categories.end(), 64, &numbered, &rest)) return false;
    std::vector<uint64_t>& keys = scratch_.category_keys;
    keys.resize(numbered + rest);
    if (!GetNumbers(numbers_.categories, numbered, [&](size_t i, uint64_t key) { keys[i] = key; })) return false;
    for (size_t i = numbered; i < keys.size(); ++i) keys[i] = reader_.Get64();
    OrderOf(keys, 64, &scratch_.order);
    PlaceInOrder();
    std::vector<CategoryTotals>& totals = state_.categories;
    totals.resize(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) totals[scratch_.place[i]].category = keys[i];
    if (!GetVisits(&totals)) return false;
    return Each(keys.size(), [&](size_t i, int64_t n) { totals[scratch_.place[i]].revenue_minor = n; });
  }

  bool GetStores() {
    size_t numbered = 0, rest = 0;
    if (!GetCounts(numbers_.stores.end(), 7, &numbered, &rest)) return false;
    std::vector<StoreTotals>& totals = state_.stores;
    std::vector<const std::string*>& keys = scratch_.store_keys;
    keys.resize(numbered + rest);
    if (!GetNumbers(numbers_.stores, numbered, [&](size_t i, const std::string& key) { keys[i] = &key; })) return false;
    std::vector<std::string> texts(rest);  // nearly always none
    for (size_t i = 0; i < rest; ++i) {
      if (!GetText(&texts[i])) return false;
      keys[numbered + i] = &texts[i];
    }
    scratch_.order.resize(keys.size());
    for (uint32_t i = 0; i < keys.size(); ++i) scratch_.order[i] = i;
    std::sort(scratch_.order.begin(), scratch_.order.end(),
              [&](uint32_t a, uint32_t b) { return *keys[a] < *keys[b]; });
    PlaceInOrder();
    totals.resize(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) totals[scratch_.place[i]].store_id = *keys[i];
    return GetVisits(&totals);
  }

  bool GetChannels() {
    const size_t channels = reader_.Get(kChannelBits);
    if (channels > kChannelCount) return false;
    state_.channel_visits.fill(0);
    return Each(channels, [&](size_t i, int64_t n) { state_.channel_visits[i] = n; });
  }

  bool GetConsents() {
    const size_t count = reader_.Get(kChannelBits);
    if (count > kChannelCount) return false;
    state_.consents.resize(count);
    for (Consent& consent : state_.consents) {
      const uint64_t channel = reader_.Get(kChannelBits);
      if (channel >= kChannelCount) return false;
      consent.channel = static_cast<Channel>(channel);
      consent.granted = reader_.Get(1) != 0;
      consent.time = absl::FromUnixMicros(UnZigZag(reader_.GetNumber()));
      if (!GetText(&consent.source)) return false;
    }
    return true;
  }

  bool GetAttributes() {
    const uint64_t count = has_attributes_ ? reader_.GetNumber() : 0;
    if (has_attributes_ != (count > 0) || count > kMaxAttributeKeysPerCustomer) return false;
    state_.attributes.resize(count);
    for (Attribute& attribute : state_.attributes) {
      if (!GetText(&attribute.key)) return false;
      attribute.value.reset();
      if (reader_.Get(1) != 0 && !GetText(&attribute.value.emplace())) return false;
      attribute.time = absl::FromUnixMicros(UnZigZag(reader_.GetNumber()));
      if (!GetText(&attribute.source)) return false;
    }
    return true;
  }

  bool GetText(std::string* text) {
    const uint64_t size = reader_.GetNumber();
    if (size > reader_.bits_left() / 8) return false;
    text->resize(size);
    for (char& c : *text) c = static_cast<char>(reader_.Get(8));
    return true;
  }

  BitReader reader_;
  const Numbers& numbers_;
  Scratch& scratch_;
  CustomerState& state_;
  bool usual_first_visit_ = false, has_attributes_ = false;
};

}  // namespace

absl::Status DecodeState(absl::string_view bytes, const Numbers& numbers, CustomerState* state) {
  static thread_local Scratch scratch;
  scratch.bytes.assign(bytes.data(), bytes.size());
  scratch.bytes.append(BitReader::kPadding, '\0');
  const absl::string_view padded(scratch.bytes.data(), bytes.size());
  if (Decoder(padded, numbers, &scratch, state).Decode()) return absl::OkStatus();
  return absl::DataLossError("state: not readable");
}

}  // namespace nbo::storage
