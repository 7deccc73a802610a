#include "storage/contact_codec.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "storage/bits.h"
#include "storage/column.h"

namespace nbo::storage {
namespace {

constexpr size_t kHeadBytes = 5;  // format and check sum
constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMaxMicros = int64_t{253'402'300'800} * kMicrosPerSecond;  // the year 10000

// Offer, group and attribution days.
using OfferTerms = std::tuple<uint64_t, uint64_t, int16_t>;

OfferTerms OfferOf(const Contact& contact) { return {contact.offer, contact.group, contact.attribution_days}; }

uint32_t CheckSum(absl::string_view bytes) { return static_cast<uint32_t>(Hash64(bytes)); }

// What the contacts of one answer have in common.
auto AnswerKey(const Contact& c) {
  return std::tie(c.decision, c.terminal, c.request, c.channel, c.reserve_us, c.expire_us);
}

uint64_t MarksOf(const Contact& c) {
  return static_cast<uint64_t>((c.presented() ? kMarkPresented : 0) | (c.redeemed() ? kMarkRedeemed : 0) |
                               (c.release_us != kNever ? kMarkReleased : 0) | (c.has_budget ? kMarkBudget : 0) |
                               static_cast<int>(c.answer) << kAnswerShift);
}

template <typename T>
void SortUnique(std::vector<T>* values) {
  std::sort(values->begin(), values->end());
  values->erase(std::unique(values->begin(), values->end()), values->end());
}

template <typename T>
int64_t PlaceIn(const std::vector<T>& sorted, const T& value) {
  return std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin();
}

class Encoder {
 public:
  Encoder(absl::Span<const Contact> contacts, char* out) : contacts_(contacts), writer_(out) {}

  size_t Encode() {
    writer_.PutNumber(contacts_.size());
    if (!contacts_.empty()) {
      PutAnswers();
      PutOffers();
      PutContacts();
    }
    return writer_.Finish();
  }

 private:
  template <typename Items, typename Value>
  void Put(const Items& items, Value value) {
    column_.clear();
    for (const auto& item : items) column_.push_back(value(item));
    PutColumn(absl::MakeSpan(column_), &writer_);
  }
  // Of times: only where value(item) is not kNever.
  template <typename Items, typename Value>
  void PutTimes(const Items& items, Value value) {
    column_.clear();
    for (const auto& item : items) {
      if (const int64_t us = value(*item); us != kNever) column_.push_back(us - item->reserve_us);
    }
    const bool whole =
        std::all_of(column_.begin(), column_.end(), [](int64_t us) { return us % kMicrosPerSecond == 0; });
    writer_.Put(whole, 1);
    if (whole) {
      for (int64_t& us : column_) us /= kMicrosPerSecond;
    }
    PutColumn(absl::MakeSpan(column_), &writer_);
  }

  void PutAnswers() {
    std::vector<const Contact*> firsts;
    std::vector<int64_t> sizes;
    for (const Contact& contact : contacts_) {
      if (firsts.empty() || AnswerKey(*firsts.back()) != AnswerKey(contact)) {
        firsts.push_back(&contact);
        sizes.push_back(0);
      }
      ++sizes.back();
    }
    writer_.PutNumber(firsts.size());
    Put(sizes, [](int64_t size) { return size - 1; });
    int64_t before_ms = 0;
    Put(firsts, [&](const Contact* c) { return c->decision.unix_ms - std::exchange(before_ms, c->decision.unix_ms); });
    Put(firsts, [](const Contact* c) { return c->reserve_us - c->decision.unix_ms * 1000; });
    PutTimes(firsts, [](const Contact& c) { return c.expire_us; });
    Put(firsts, [](const Contact* c) { return static_cast<int64_t>(c->channel); });
    Put(firsts, [](const Contact* c) { return int64_t{c->terminal != 0}; });
    Put(firsts, [](const Contact* c) { return int64_t{c->request != 0}; });
    for (const Contact* c : firsts) writer_.Put64(c->decision.random);
    for (const Contact* c : firsts) {
      if (c->terminal != 0) writer_.Put64(c->terminal);
    }
    for (const Contact* c : firsts) {
      if (c->request != 0) writer_.Put64(c->request);
    }
  }

  void PutOffers() {
    std::vector<uint64_t> groups;
    for (const Contact& contact : contacts_) {
      offers_.push_back(OfferOf(contact));
      if (contact.group != 0) groups.push_back(contact.group);
    }
    SortUnique(&offers_);
    SortUnique(&groups);
    writer_.PutNumber(offers_.size());
    for (const OfferTerms& offer : offers_) writer_.Put64(std::get<0>(offer));
    writer_.PutNumber(groups.size());
    for (const uint64_t group : groups) writer_.Put64(group);
    Put(offers_, [&](const OfferTerms& o) { return std::get<1>(o) == 0 ? 0 : 1 + PlaceIn(groups, std::get<1>(o)); });
    Put(offers_, [](const OfferTerms& o) { return int64_t{std::get<2>(o)}; });
  }

  void PutContacts() {
    Put(contacts_, [&](const Contact& c) { return PlaceIn(offers_, OfferOf(c)); });
    const Contact* before = nullptr;
    Put(contacts_, [&](const Contact& c) {
      const bool goes_on = before != nullptr && AnswerKey(*before) == AnswerKey(c);
      const int64_t rank_before = goes_on ? before->rank : 0;
      before = &c;
      return int64_t{c.rank} - rank_before - 1;
    });
    Put(contacts_, [](const Contact& c) { return static_cast<int64_t>(MarksOf(c)); });
    std::vector<const Contact*> all;
    for (const Contact& contact : contacts_) all.push_back(&contact);
    PutTimes(all, [](const Contact& c) { return c.present_us; });
    PutTimes(all, [](const Contact& c) { return c.answer_us; });
    PutTimes(all, [](const Contact& c) { return c.redeem_us; });
    PutTimes(all, [](const Contact& c) { return c.release_us; });
    column_.clear();
    for (const Contact& contact : contacts_) {
      if (contact.has_budget) column_.push_back(contact.cost_minor);
    }
    PutColumn(absl::MakeSpan(column_), &writer_);
    // Their bits are shifted down by that of no kind, which is never set.
    Put(contacts_, [](const Contact& c) { return int64_t{c.told & ~ImpliedKinds(c)} >> 1; });
  }

  const absl::Span<const Contact> contacts_;
  BitWriter writer_;
  std::vector<int64_t> column_;
  std::vector<OfferTerms> offers_;
};

class Decoder {
 public:
  Decoder(uint8_t format, absl::string_view bytes) : format_(format), reader_(bytes) {}

  bool Decode() {
    const uint64_t count = reader_.GetNumber();
    if (count > kMaxContactsPerCustomer) return false;
    contacts_.resize(count);
    if (count > 0 && !(GetAnswers() && GetOffers() && GetContacts())) return false;
    return reader_.AtEnd() && IsInOrder();
  }
  std::vector<Contact> Take() { return std::move(contacts_); }

 private:
  // Calls take(item, number), which tells whether it is good, for each item and its number of a column.
  template <typename Items, typename Take>
  bool Get(Items* items, Take take) {
    if (!GetColumn(&reader_, items->size(), &column_)) return false;
    for (size_t i = 0; i < items->size(); ++i) {
      if (!take((*items)[i], column_[i])) return false;
    }
    return true;
  }
  // Calls take(contact) for the time to be set, in contacts for which `has`.
  template <typename Has, typename Take>
  bool GetTimes(const std::vector<Contact*>& contacts, Has has, Take take) {
    const int64_t unit = reader_.Get(1) != 0 ? kMicrosPerSecond : 1;
    const auto count = static_cast<size_t>(std::count_if(contacts.begin(), contacts.end(), has));
    if (!GetColumn(&reader_, count, &column_)) return false;
    size_t next = 0;
    for (Contact* contact : contacts) {
      if (!has(contact)) continue;
      const int64_t number = column_[next++];
      if (number < -kMaxMicros / unit || number > kMaxMicros / unit) return false;
      const int64_t us = contact->reserve_us + number * unit;
      if (us < 0 || us >= kMaxMicros) return false;
      *take(contact) = us;
    }
    return true;
  }
  bool Get64s(size_t count, std::vector<uint64_t>* values) {
    if (count * 64 > reader_.bits_left()) return false;
    values->resize(count);
    for (uint64_t& value : *values) value = reader_.Get64();
    return true;
  }

  bool GetAnswers() {
    const uint64_t count = reader_.GetNumber();
    if (count > contacts_.size()) return false;
    std::vector<Contact*> firsts(count);
    std::vector<int64_t> sizes;
    size_t next = 0;
    const bool sized = Get(&firsts, [&](Contact*& first, int64_t less_1) {
      if (less_1 < 0 || next >= contacts_.size() || static_cast<uint64_t>(less_1) >= contacts_.size() - next)
        return false;
      first = &contacts_[next];
      sizes.push_back(less_1 + 1);
      next += static_cast<size_t>(less_1) + 1;
      return true;
    });
    return sized && next == contacts_.size() && GetHeads(firsts) && Spread(firsts, sizes);
  }

  // What the first contact of each answer stands for.
  bool GetHeads(std::vector<Contact*> firsts) {
    int64_t unix_ms = 0;
    const auto decided = [&](Contact* c, int64_t since) {
      if (since < 0 || since > kMaxDecisionUnixMs - unix_ms) return false;
      c->decision.unix_ms = unix_ms += since;
      return true;
    };
    const auto reserved = [](Contact* c, int64_t after) {
      if (after < -kMaxMicros || after > kMaxMicros) return false;
      c->reserve_us = c->decision.unix_ms * 1000 + after;
      return c->reserve_us >= 0 && c->reserve_us < kMaxMicros;
    };
    const auto channel = [](Contact* c, int64_t number) {
      c->channel = static_cast<Channel>(number);
      return number >= 0 && number < kChannelCount;
    };
    std::vector<Contact*> at_terminals, with_requests;
    const auto terminal = [&](Contact* c, int64_t there) {
      if (there == 1) at_terminals.push_back(c);
      return there == 0 || there == 1;
    };
    const auto request = [&](Contact* c, int64_t there) {
      if (there == 1) with_requests.push_back(c);
      return there == 0 || there == 1;
    };
    const auto always = [](const Contact*) { return true; };
    if (!Get(&firsts, decided) || !Get(&firsts, reserved) ||
        !GetTimes(firsts, always, [](Contact* c) { return &c->expire_us; }) || !Get(&firsts, channel) ||
        !Get(&firsts, terminal) || !Get(&firsts, request)) {
      return false;
    }
    std::vector<uint64_t> randoms, terminals, requests;
    if (!Get64s(firsts.size(), &randoms) || !Get64s(at_terminals.size(), &terminals) ||
        !Get64s(with_requests.size(), &requests)) {
      return false;
    }
    for (size_t i = 0; i < firsts.size(); ++i) firsts[i]->decision.random = randoms[i];
    for (size_t i = 0; i < at_terminals.size(); ++i) at_terminals[i]->terminal = terminals[i];
    for (size_t i = 0; i < with_requests.size(); ++i) with_requests[i]->request = requests[i];
    return true;
  }

  static bool Spread(const std::vector<Contact*>& firsts, const std::vector<int64_t>& sizes) {
    for (size_t i = 0; i < firsts.size(); ++i) std::fill_n(firsts[i] + 1, sizes[i] - 1, *firsts[i]);
    return true;
  }

  bool GetOffers() {
    std::vector<uint64_t> keys, groups;
    const uint64_t count = reader_.GetNumber();
    if (count > contacts_.size() || !Get64s(count, &keys)) return false;
    const uint64_t group_count = reader_.GetNumber();
    if (group_count > contacts_.size() || !Get64s(group_count, &groups)) return false;
    for (const uint64_t key : keys) offers_.push_back({key, 0, 0});
    const auto group = [&](OfferTerms& offer, int64_t place) {
      if (place < 0 || place > static_cast<int64_t>(groups.size())) return false;
      if (place > 0) std::get<1>(offer) = groups[static_cast<size_t>(place) - 1];
      return true;
    };
    const auto days = [](OfferTerms& offer, int64_t number) {
      std::get<2>(offer) = static_cast<int16_t>(number);
      return number >= 0 && number <= kMaxAttributionDays;
    };
    return Get(&offers_, group) && Get(&offers_, days);
  }

  bool GetContacts() {
    const auto offer = [&](Contact& c, int64_t place) {
      if (place < 0 || place >= static_cast<int64_t>(offers_.size())) return false;
      std::tie(c.offer, c.group, c.attribution_days) = offers_[static_cast<size_t>(place)];
      return true;
    };
    const Contact* before = nullptr;
    const auto rank = [&](Contact& c, int64_t gap) {
      const bool goes_on = before != nullptr && AnswerKey(*before) == AnswerKey(c);
      const int64_t number = (goes_on ? before->rank : 0) + 1 + std::clamp<int64_t>(gap, -UINT16_MAX, UINT16_MAX + 1);
      before = &c;
      c.rank = static_cast<uint16_t>(number);
      return number >= 1 && number <= UINT16_MAX;
    };
    std::vector<uint8_t> marks;
    const auto mark = [&](Contact& c, int64_t bits) {
      c.answer = static_cast<Answer>(bits >> kAnswerShift & 3);
      marks.push_back(static_cast<uint8_t>(bits));
      c.has_budget = (bits & kMarkBudget) != 0;
      return bits >= 0 && bits < 2 * kMarkBudget;
    };
    if (!Get(&contacts_, offer) || !Get(&contacts_, rank) || !Get(&contacts_, mark)) return false;
    std::vector<Contact*> all;
    for (Contact& contact : contacts_) all.push_back(&contact);
    const auto marked = [&](int mask) {
      return [&marks, mask, this](const Contact* c) {
        return (marks[static_cast<size_t>(c - contacts_.data())] & mask) != 0;
      };
    };
    return GetTimes(all, marked(kMarkPresented), [](Contact* c) { return &c->present_us; }) &&
           GetTimes(all, marked(3 << kAnswerShift), [](Contact* c) { return &c->answer_us; }) &&
           GetTimes(all, marked(kMarkRedeemed), [](Contact* c) { return &c->redeem_us; }) &&
           GetTimes(all, marked(kMarkReleased), [](Contact* c) { return &c->release_us; }) && GetCosts() && GetKinds();
  }

  bool GetCosts() {
    std::vector<Contact*> with_budgets;
    for (Contact& contact : contacts_) {
      if (contact.has_budget) with_budgets.push_back(&contact);
    }
    return Get(&with_budgets, [](Contact* c, int64_t minor) {
      c->cost_minor = minor;
      return minor >= 0;
    });
  }

  bool GetKinds() {
    for (Contact& contact : contacts_) contact.told = ImpliedKinds(contact);
    return format_ < 2 || Get(&contacts_, [](Contact& c, int64_t bits) {
             c.told |= static_cast<uint16_t>(bits << 1);
             return bits >= 0 && bits < 1 << (kOutcomeKindCount - 1);
           });
  }

  bool IsInOrder() const {
    for (size_t i = 1; i < contacts_.size(); ++i) {
      if (!IsBefore(contacts_[i - 1], contacts_[i])) return false;
    }
    return true;
  }

  const uint8_t format_;
  BitReader reader_;
  std::vector<int64_t> column_;
  std::vector<Contact> contacts_;
  std::vector<OfferTerms> offers_;
};

}  // namespace

void EncodeContacts(const PersonContacts& contacts, std::string* out) {
  // Bounds of what a contact takes: 18 numbers of columns and 5 of 64 bits; of the rest: headers and counts.
  constexpr size_t kMaxContactBytes = (18 * 84 + 5 * 64) / 8 + 1, kMaxRestBytes = 256;
  out->resize(kHeadBytes + contacts.contacts().size() * kMaxContactBytes + kMaxRestBytes);
  const size_t size = Encoder(contacts.contacts(), &(*out)[kHeadBytes]).Encode();
  out->resize(kHeadBytes + size);
  const uint32_t sum = CheckSum(absl::string_view(*out).substr(kHeadBytes));
  (*out)[0] = static_cast<char>(kContactFormat);
  for (size_t i = 0; i < 4; ++i) (*out)[1 + i] = static_cast<char>(sum >> (8 * i));
}

absl::Status DecodeContacts(absl::string_view bytes, PersonContacts* contacts) {
  if (bytes.size() < kHeadBytes) return absl::DataLossError("contacts: cut short");
  const auto format = static_cast<uint8_t>(bytes[0]);
  if (format == 0 || format > kContactFormat) {
    return absl::DataLossError("contacts: of a format that this version does not read");
  }
  uint32_t sum = 0;
  for (size_t i = 0; i < 4; ++i) sum |= uint32_t{static_cast<uint8_t>(bytes[1 + i])} << (8 * i);
  const absl::string_view rest = bytes.substr(kHeadBytes);
  if (CheckSum(rest) != sum) return absl::DataLossError("contacts: damaged, the check sum is another");
  thread_local std::string padded;
  padded.assign(rest.data(), rest.size());
  padded.append(BitReader::kPadding, '\0');
  Decoder decoder(format, absl::string_view(padded).substr(0, rest.size()));
  if (!decoder.Decode()) return absl::DataLossError("contacts: not readable");
  contacts->Assign(decoder.Take());
  return absl::OkStatus();
}

}  // namespace nbo::storage
