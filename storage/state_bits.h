// The bits of a stored customer state, in order. Private to storage/.
//
//   number n       BitWriter::PutNumber; z: of its ZigZag        column c     storage/column.h, one number an entry
//   day d          1 bit: it is the usual one; else its ago       text t       n of its bytes, 8 bits each
//   ago            days before newest_day plus 1; 0: no day
//
//   layout         4 bits: kLayout, or kLayoutWithAttributes if there are any
//   head           n receipts, z newest_day, d first_visit_day (usual: the oldest of the days kept), d last_visit_day
//                  (usual: newest_day), 1 bit: older is not zero, then z visits, z revenue, z discount; 1 bit:
//                  not_before is set, then z its microseconds
//   days           n how many; unless 0, newest first: c days between (from newest_day to the first, then less 1),
//                  c visits less 1, c revenue, c discount
//   categories     names as below, with 64 bits for a key without a number; c visits less 1, c places, c revenue
//   stores         names as below, with t for an id without a number; c visits less 1, c places
//   channels       4 bits: how many, trailing zeros left out; c visits
//   consents       4 bits: how many; of each: 4 bits channel, 1 bit granted, z microseconds, t source
//   attributes     of kLayoutWithAttributes only: n how many; of each: t key, 1 bit: it has a value, if so t value,
//                  z microseconds, t source
//   rest           zeros up to the next whole byte
//
//   names          n how many have a number (storage/numbers.h), 1 bit: some have none, then n how many; c numbers,
//                  ascending, less the one before and 1; then those without, ascending
//   places         of a last day among the days kept: 1 for the newest; 0: none of them. Then, if there are zeros, c
//   the
//                  agos of these
//
// Equal states have equal bits, given equal numbers. A state cut short is never mistaken for a whole one.
#ifndef NBO_STORAGE_STATE_BITS_H_
#define NBO_STORAGE_STATE_BITS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/channel.h"
#include "core/base/civil.h"

namespace nbo::storage {

// Raised when the bits change while states of the older kind are still to be read.
inline constexpr uint64_t kLayout = 1;
// Attributes came later. Whoever has none is kept as before, in the same bytes.
inline constexpr uint64_t kLayoutWithAttributes = 2;
inline constexpr int kLayoutBits = 4;
inline constexpr int kChannelBits = 4;
static_assert(kChannelCount < 1 << kChannelBits);

// Damaged bytes may hold any number: unsigned arithmetic wraps where signed would be undefined.
inline uint32_t DaysBetween(Day earlier, Day later) {
  return static_cast<uint32_t>(later) - static_cast<uint32_t>(earlier);
}
inline Day Back(Day day, uint64_t days) {
  return static_cast<Day>(static_cast<uint32_t>(day) - static_cast<uint32_t>(days));
}
inline uint64_t Ago(Day newest, Day day) { return day == kNoDay ? 0 : uint64_t{DaysBetween(day, newest)} + 1; }
inline Day FromAgo(Day newest, uint64_t ago) { return ago == 0 ? kNoDay : Back(newest, ago - 1); }
inline int64_t Less1(int64_t n) { return static_cast<int64_t>(static_cast<uint64_t>(n) - 1); }
inline int64_t Plus1(int64_t n) { return static_cast<int64_t>(static_cast<uint64_t>(n) + 1); }

}  // namespace nbo::storage

#endif  // NBO_STORAGE_STATE_BITS_H_
