#include "storage/contact_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "absl/strings/escaping.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "tests/core/contact/history.h"

namespace nbo::storage {
namespace {

constexpr size_t kHeadBytes = 5;
constexpr int64_t kLastUs = int64_t{253'402'300'800} * 1'000'000 - 1;

std::string Encoded(const PersonContacts& contacts) {
  std::string bytes = "what was there before";
  EncodeContacts(contacts, &bytes);
  return bytes;
}
// With the check sum that the bytes should have.
std::string Signed(std::string bytes) {
  const uint64_t sum = Hash64(absl::string_view(bytes).substr(kHeadBytes));
  for (size_t i = 0; i < 4; ++i) bytes[1 + i] = static_cast<char>(sum >> (8 * i));
  return bytes;
}
PersonContacts AnyContacts(uint64_t seed) {
  RandomHistory random(seed);
  PersonContacts contacts;
  for (const Event& event : random.Events(random.Below(40))) Fold(event, kStartUs, &contacts);
  if (random.Chance(50)) contacts.Prune(absl::FromUnixMicros(random.last_us()));
  return contacts;
}

TEST(ContactCodec, DecodesWhatItEncoded) {
  for (uint64_t seed = 1; seed <= 5'000; ++seed) {
    const PersonContacts contacts = AnyContacts(seed);
    PersonContacts decoded = AnyContacts(seed + 1);
    ASSERT_TRUE(DecodeContacts(Encoded(contacts), &decoded).ok()) << "seed " << seed;
    ASSERT_EQ(decoded, contacts) << "seed " << seed;
  }
}

TEST(ContactCodec, DecodesNobodysContacts) {
  PersonContacts decoded = AnyContacts(3);
  const std::string bytes = Encoded(PersonContacts());
  EXPECT_EQ(bytes.size(), kHeadBytes + 1);
  ASSERT_TRUE(DecodeContacts(bytes, &decoded).ok());
  EXPECT_TRUE(decoded.empty());
}

TEST(ContactCodec, KeepsAnyNumbers) {
  std::mt19937_64 random(1);
  const auto any = [&](int64_t end) {
    return static_cast<int64_t>((random() >> 1 >> random() % 63) % static_cast<uint64_t>(end));
  };
  const auto any_time = [&] { return random() % 4 == 0 ? any(kLastUs / 1'000'000) * 1'000'000 : any(kLastUs + 1); };
  for (int round = 0; round < 2'000; ++round) {
    std::vector<Contact> all;
    for (uint64_t count = random() % 30; count > 0; --count) {
      Contact c;
      if (all.empty() || random() % 3 != 0) {
        c.decision = {any(kLastUs / 1000), random()};
        c.reserve_us = random() % 2 == 0 ? c.decision.unix_ms * 1000 + any(1000) : any_time();
        c.expire_us = any_time();
        c.terminal = random() % 2 * random();
        c.request = random() % 2 * random();
        c.channel = static_cast<Channel>(random() % kChannelCount);
      } else {
        c = all.back();
        if (random() % 4 == 0) c.expire_us = any_time();
        c.present_us = c.answer_us = c.redeem_us = c.release_us = kNever;
      }
      c.rank = static_cast<uint16_t>(1 + random() % UINT16_MAX);
      c.offer = random();
      c.group = random() % 2 * random();
      c.attribution_days = static_cast<int16_t>(random() % (kMaxAttributionDays + 1));
      c.has_budget = random() % 2 == 0;
      c.cost_minor = c.has_budget ? any(std::numeric_limits<int64_t>::max()) : 0;
      c.answer = static_cast<Answer>(random() % 4);
      c.told = random() % (1 << kOutcomeKindCount) & ~1;
      if (c.answer != Answer::kNone) c.answer_us = any_time();
      for (int64_t* us : {&c.present_us, &c.redeem_us, &c.release_us}) {
        if (random() % 2 == 0) *us = any_time();
      }
      c.told |= ImpliedKinds(c);
      all.push_back(c);
    }
    std::sort(all.begin(), all.end(), IsBefore);
    const auto same = [](const Contact& a, const Contact& b) { return !IsBefore(a, b); };
    all.erase(std::unique(all.begin(), all.end(), same), all.end());
    PersonContacts contacts, decoded;
    contacts.Assign(all);
    ASSERT_TRUE(DecodeContacts(Encoded(contacts), &decoded).ok()) << round;
    ASSERT_EQ(decoded, contacts) << round;
  }
}

TEST(ContactCodec, KeepsAsManyAsThereMayBe) {
  std::vector<Contact> all(kMaxContactsPerCustomer);
  std::mt19937_64 random(2);
  for (size_t i = 0; i < all.size(); ++i) {
    Contact& c = all[i];
    c.decision = {static_cast<int64_t>(i * (kLastUs / 1000 / 512)), random()};
    c.rank = UINT16_MAX;
    c.offer = random();
    c.group = random();
    c.terminal = random();
    c.request = random();
    c.answer = Answer::kDeclined;
    c.told = (1 << kOutcomeKindCount) - 2;
    c.has_budget = true;
    c.attribution_days = static_cast<int16_t>(i % kMaxAttributionDays);
    c.cost_minor = i % 2 == 0 ? std::numeric_limits<int64_t>::max() : 0;
    c.reserve_us = i % 2 == 0 ? 0 : kLastUs;
    c.expire_us = c.present_us = c.answer_us = c.redeem_us = c.release_us = i % 2 == 0 ? kLastUs : 0;
  }
  PersonContacts contacts, decoded;
  contacts.Assign(all);
  ASSERT_TRUE(DecodeContacts(Encoded(contacts), &decoded).ok());
  EXPECT_EQ(decoded, contacts);
}

Contact AnExample() {
  Contact contact;
  contact.decision = {1'700'000'000'000, 0x0123456789abcdef};
  contact.offer = 0x1111111111111111;
  contact.group = 0x2222222222222222;
  contact.terminal = 0x3333333333333333;
  contact.rank = 1;
  contact.channel = Channel::kKiosk;
  contact.has_budget = true;
  contact.attribution_days = 7;
  contact.cost_minor = 250;
  contact.reserve_us = 1'700'000'000'000'123;
  contact.expire_us = contact.reserve_us + 900'000'000;
  contact.present_us = contact.reserve_us + 2'000'000;
  contact.answer = Answer::kAccepted;
  contact.answer_us = contact.reserve_us + 5'500'000;
  contact.told = KindBit(OutcomeKind::kAccepted);
  return contact;
}

TEST(ContactCodec, WritesTheSameBytesForEver) {
  Contact contact = AnExample();
  contact.told |= KindBit(OutcomeKind::kSeen);
  PersonContacts contacts;
  contacts.Assign({contact});
  EXPECT_EQ(absl::BytesToHexString(Encoded(contacts)),
            "02b1669e9581811f0f005af9f3ff94171bf626081710a0cf7bf36ae259d148c0cccccccccccccc4c604444444444444444a0888888"
            "888888880820c17d3e85d88058c0d8a77e7e0efa0404");
}

TEST(ContactCodec, ReadsWhatFormat1Wrote) {
  const std::string bytes = absl::HexStringToBytes(
      "015818861e81811f0f005af9f3ff94171bf626081710a0cf7bf36ae259d148c0cccccccccccccc4c604444444444444444a0888888"
      "888888880820c17d3e85d88058c0d8a77e7e0efa00");
  PersonContacts contacts;
  ASSERT_TRUE(DecodeContacts(bytes, &contacts).ok());
  ASSERT_EQ(contacts.contacts().size(), 1u);
  EXPECT_EQ(contacts.contacts()[0], AnExample());
}

// For each contact of which nothing but its answer and its redemption was told less than a bit more than format 1.
TEST(ContactCodec, TakesFewBytesForWhatWasTold) {
  const auto bytes_of = [](uint16_t told) {
    std::vector<Contact> all;
    for (int i = 0; i < 100; ++i) {
      all.push_back(AnExample());
      all.back().decision.unix_ms += i * 86'400'000LL;
      all.back().told |= told;
    }
    PersonContacts contacts;
    contacts.Assign(all);
    return Encoded(contacts).size();
  };
  EXPECT_LE(bytes_of(KindBit(OutcomeKind::kSeen)), bytes_of(0) + 100);
}

TEST(ContactCodec, NoticesWhateverIsCutOffOrAdded) {
  const std::string bytes = Encoded(AnyContacts(5));
  PersonContacts contacts;
  for (size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_EQ(DecodeContacts(bytes.substr(0, length), &contacts).code(), absl::StatusCode::kDataLoss) << length;
    if (length < kHeadBytes) continue;
    ASSERT_EQ(DecodeContacts(Signed(bytes.substr(0, length)), &contacts).code(), absl::StatusCode::kDataLoss) << length;
  }
  EXPECT_EQ(DecodeContacts(Signed(bytes + '\0'), &contacts).code(), absl::StatusCode::kDataLoss);
}

TEST(ContactCodec, NoticesEveryFlippedBit) {
  const std::string bytes = Encoded(AnyContacts(6));
  const PersonContacts before = AnyContacts(7);
  PersonContacts contacts = before;
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    ASSERT_EQ(DecodeContacts(damaged, &contacts).code(), absl::StatusCode::kDataLoss) << bit;
  }
  EXPECT_EQ(contacts, before) << "what was there stays";
}

// What a forged check sum lets through keeps to the limits all the same.
TEST(ContactCodec, SurvivesAnyBytesUnderAGoodCheckSum) {
  std::mt19937_64 random(8);
  std::vector<std::string> good;
  for (uint64_t seed = 1; seed <= 50; ++seed) good.push_back(Encoded(AnyContacts(seed)));
  int read = 0;
  for (size_t round = 0; round < 100'000; ++round) {
    std::string bytes = good[round % good.size()];
    for (uint64_t flips = 1 + random() % 4; flips > 0; --flips) {
      bytes[kHeadBytes + random() % (bytes.size() - kHeadBytes)] = static_cast<char>(random());
    }
    PersonContacts contacts;
    const absl::Status status = DecodeContacts(Signed(bytes), &contacts);
    ASSERT_TRUE(status.ok() || absl::IsDataLoss(status)) << status;
    if (!status.ok()) continue;
    ++read;
    ASSERT_LE(contacts.contacts().size(), kMaxContactsPerCustomer);
    for (const Contact& c : contacts.contacts()) {
      ASSERT_LT(static_cast<int>(c.channel), kChannelCount);
      for (const int64_t us : {c.reserve_us, c.expire_us}) ASSERT_TRUE(us >= 0 && us <= kLastUs);
      for (const int64_t us : {c.present_us, c.answer_us, c.redeem_us, c.release_us}) {
        ASSERT_TRUE(us == kNever || (us >= 0 && us <= kLastUs));
      }
      ASSERT_EQ(c.answer == Answer::kNone, c.answer_us == kNever);
      ASSERT_TRUE(c.attribution_days >= 0 && c.attribution_days <= kMaxAttributionDays);
      ASSERT_TRUE(c.has_budget ? c.cost_minor >= 0 : c.cost_minor == 0);
    }
    PersonContacts again;
    ASSERT_TRUE(DecodeContacts(Encoded(contacts), &again).ok());
    ASSERT_EQ(again, contacts);
  }
  EXPECT_GT(read, 1'000);
}

}  // namespace
}  // namespace nbo::storage
