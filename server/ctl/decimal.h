// Exact decimal numbers for money and quantities. No floating point anywhere: "0.1" is a tenth.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nbo::ctl {

// The number unscaled * 10^-scale. Plain value.
struct Decimal {
  __int128 unscaled = 0;
  // 0 to 30.
  int scale = 0;
};

// Reads "12", "-12.50", "+.5", "4.44e-16"; spaces around it are ignored. At most 30 significant digits and 30 digits
// after the point. INVALID_ARGUMENT says what is wrong, without the text itself: grouping marks, currency signs and
// decimal commas are not understood.
absl::StatusOr<Decimal> ParseDecimal(absl::string_view text);

// Exact. OUT_OF_RANGE on overflow of 38 digits.
absl::StatusOr<Decimal> Add(const Decimal& a, const Decimal& b);
absl::StatusOr<Decimal> Multiply(const Decimal& a, const Decimal& b);

// The number in units of 10^-digits (digits = 2: cents; 3: thousandths), rounded half away from zero.
// OUT_OF_RANGE if it does not fit. `digits` is 0 to 18.
absl::StatusOr<int64_t> ToUnits(const Decimal& number, int digits);

// The inverse for people: FormatUnits(-1234, 2) is "-12.34".
std::string FormatUnits(int64_t units, int digits);

}  // namespace nbo::ctl
