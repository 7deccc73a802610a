// What a person was told to stored bytes and back. Deterministic: equal contacts, equal bytes, in every store.
//
// A byte for the format (kContactFormat), 4 bytes of a check sum (the lowest of the XXH3 of the rest, lowest byte
// first), then bits in order:
//
//   number n       BitWriter::PutNumber        column c     storage/column.h, one number an entry
//
//   n how many contacts; if 0, nothing follows
//   answers     n how many: runs of contacts that one decision made alike. Of each:
//               c contacts less 1, c milliseconds of the decision since that before, c microseconds of reserve_us after
//               these milliseconds, c expire_us after reserve_us, c channel, c 1 if there is a terminal, c likewise a
//               request; then 64 bits of each decision's random number, of each terminal, of each request
//   offers      n how many different ones, with their groups and attribution days; 64 bits of each, ascending; n how
//               many different groups; 64 bits of each, ascending; c place of each offer's group among these, from 1;
//               0: none; c attribution days of each offer
//   contacts    c place of the offer among these, c rank less that of the contact before in the answer and 1,
//               c bits of ContactMarks; then of those that have one: c present_us less reserve_us, c answer_us less
//               reserve_us, c redeem_us less reserve_us, c release_us less reserve_us, c cost_minor of those with a
//               budget; c kinds of outcomes told that are not ImpliedKinds, as bits (KindBit)
//   rest        zeros up to the next whole byte
//
// Numbers that are not small by nature are in microseconds; where all of a column are whole seconds, its numbers are
// seconds, which 1 bit before the column says.
//
// Format 1, which is still read, lacks the last column: what was told is then what is implied.
#ifndef NBO_STORAGE_CONTACT_CODEC_H_
#define NBO_STORAGE_CONTACT_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/contact/person_contacts.h"

namespace nbo::storage {

// Raised when the bytes change while those of the older kind are still to be read.
inline constexpr uint8_t kContactFormat = 2;

// Bits of a contact's marks; on disk. The answer takes the two above the first three.
enum ContactMarks : uint8_t { kMarkPresented = 1, kMarkRedeemed = 2, kMarkReleased = 4, kMarkBudget = 32 };
inline constexpr int kAnswerShift = 3;

// Replaces *out.
void EncodeContacts(const PersonContacts& contacts, std::string* out);

// DATA_LOSS if the bytes are no contacts; *contacts is then unchanged. Whatever the bytes, what is decoded keeps to the
// limits of PersonContacts and to the years 1970 to 9999.
absl::Status DecodeContacts(absl::string_view bytes, PersonContacts* contacts);

}  // namespace nbo::storage

#endif  // NBO_STORAGE_CONTACT_CODEC_H_
