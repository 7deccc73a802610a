// nbo_bench_contact: what it costs to judge by a contact policy, and to store what a person was told; prints a Markdown
// table. Each figure is the best of many rounds.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/hash.h"
#include "core/contact/gate.h"
#include "core/contact/person_contacts.h"
#include "storage/contact_codec.h"

namespace nbo::bench {
namespace {

using Scope = ContactCap::Scope;

constexpr int32_t kOffers = 1'000;
constexpr int kGroups = 40;
constexpr int kCandidates = 500;
constexpr int32_t kDay = 24 * 60;  // minutes
constexpr int64_t kNowUs = int64_t{1'760'000'000} * 1'000'000;

double CpuNs() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

// Nanoseconds of one call of `work`, the best of many rounds.
template <typename Work>
double Best(int calls, Work work) {
  double best = 1e18;
  for (int round = 0; round < 200; ++round) {
    const double begin = CpuNs();
    for (int i = 0; i < calls; ++i) work();
    best = std::min(best, (CpuNs() - begin) / calls);
  }
  return best;
}

std::string OfferId(int offer) { return absl::StrCat("offer-", offer); }
std::string GroupId(int offer) { return absl::StrCat("group-", offer % kGroups); }

// Every kind of rule at once.
ContactPolicy FullPolicy() {
  ContactPolicy policy;
  policy.caps = {{Scope::kOverall, Channel::kUnspecified, 100, kDay, 0},
                 {Scope::kOverall, Channel::kPos, 100, 240, 0},
                 {Scope::kGroup, Channel::kUnspecified, 100, 7 * kDay, policy.NumberOfGroup(GroupId(0))},
                 {Scope::kEachGroup, Channel::kUnspecified, 50, 7 * kDay, 0},
                 {Scope::kEachOffer, Channel::kUnspecified, 3, 30 * kDay, 0}};
  policy.cooldowns = {7, 30, 14, 3};
  policy.consent_channels = ChannelBit(Channel::kSms);
  policy.quiet_hours = {{21 * 60, 9 * 60, ChannelBit(Channel::kSms)}};
  for (int offer = 0; offer < kOffers; ++offer) {
    OfferContactPolicy own;
    own.group = policy.NumberOfGroup(GroupId(offer));
    own.cooldowns = policy.cooldowns;
    policy.AddOffer(OfferId(offer), own);
  }
  return policy;
}

// A year of a person: two offers a decision, at a till or in the app, every third answered.
PersonContacts AYear(int contacts) {
  std::mt19937_64 random(1);
  PersonContacts person;
  for (int i = 0; i < contacts / 2; ++i) {
    Reservation reservation;
    reservation.reserve_us = kNowUs - (365 - 365 * i / (contacts / 2)) * kMicrosPerDay +
                             static_cast<int64_t>(random() % static_cast<uint64_t>(kMicrosPerDay / 2));
    reservation.decision = {reservation.reserve_us / 1000, random()};
    reservation.channel = i % 2 == 0 ? Channel::kPos : Channel::kMobileApp;
    reservation.expire_us = reservation.reserve_us + (i % 2 == 0 ? 15 : kDay) * kMicrosPerMinute;
    reservation.terminal = i % 2 == 0 ? random() : 0;
    reservation.request = random();
    for (uint16_t rank = 1; rank <= 2; ++rank) {
      const int offer = static_cast<int>(random() % 60);
      reservation.items.push_back({Hash64(OfferId(offer)), Hash64(GroupId(offer)), rank});
    }
    person.Reserve(reservation, nullptr);
    for (const auto& item : reservation.items) {
      const auto kind = random() % 3 == 0 ? OutcomeKind::kAccepted : OutcomeKind::kSeen;
      const int64_t after_us = static_cast<int64_t>(random() % 600'000'000);
      person.Record(ContactOf(reservation, item), {kind, reservation.reserve_us + after_us}, absl::UnixEpoch());
    }
  }
  return person;
}

void Run(const ContactPolicy& policy, int count) {
  PersonContacts person = AYear(count);
  std::string fresh, kept;
  storage::EncodeContacts(person, &fresh);
  person.Prune(absl::FromUnixMicros(kNowUs));
  storage::EncodeContacts(person, &kept);
  const ContactCircumstances here{Channel::kPos, 1, 1, absl::FromUnixMicros(kNowUs), absl::UTCTimeZone()};
  int64_t sum = 0;
  const double build_ns = Best(200, [&] {
    const ContactGate gate(policy, person.contacts(), {}, here);
    sum += gate.RequestVerdict().allowed();
  });
  const ContactGate gate(policy, person.contacts(), {}, here);
  // The person was told of the first 60.
  const double new_ns = Best(200, [&] {
    for (int32_t offer = 100; offer < 100 + kCandidates; ++offer) sum += gate.Check(offer).allowed();
  });
  const double told_ns = Best(200, [&] {
    for (int32_t offer = 0; offer < 60; ++offer) sum += gate.Check(offer).allowed();
  });
  const double take_ns = Best(200, [&] {
    ContactAllowance allowance(gate);
    for (int32_t offer = 100; offer < 104; ++offer) sum += allowance.Take(offer).allowed();
  });
  std::string bytes;
  const double encode_ns = Best(100, [&] { storage::EncodeContacts(person, &bytes); });
  PersonContacts decoded;
  const double decode_ns = Best(100, [&] { sum += storage::DecodeContacts(bytes, &decoded).ok(); });
  const auto each = [&](double total) { return count == 0 ? 0 : total / count; };
  std::printf("| %d | %.0f | %.2f | %.1f | %.1f | %.1f | %.1f | %.0f | %.0f |\n", count, build_ns, new_ns / kCandidates,
              told_ns / 60, take_ns / 4, each(static_cast<double>(kept.size())),
              each(static_cast<double>(fresh.size())), encode_ns, decode_ns);
  if (sum == 0) std::printf("nothing was allowed\n");
}

int Main() {
  std::printf("%d offers, %d groups, every kind of rule.\n\n", kOffers, kGroups);
  std::printf(
      "| contacts | gate, ns | Check of an offer never told, ns | of one told, ns | Take, ns | bytes a contact | while "
      "reserved | encode, ns | decode, ns |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  const ContactPolicy policy = FullPolicy();
  for (const int count : {0, 8, 64, 512}) Run(policy, count);
  return 0;
}

}  // namespace
}  // namespace nbo::bench

int main() { return nbo::bench::Main(); }
