#include "server/ctl/decimal.h"

#include <limits>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace nbo::ctl {
namespace {

constexpr int kMaxDigits = 30;

absl::Status NotDecimal() { return absl::InvalidArgumentError("is not a decimal number such as 12.34"); }
absl::Status TooLarge() { return absl::OutOfRangeError("is too large"); }
absl::Status TooManyDigits() { return absl::OutOfRangeError("has more than 30 digits"); }

// 10^exponent for 0 <= exponent <= 38.
__int128 PowerOfTen(int exponent) {
  __int128 power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

// Takes the digits and the point off the front of `text`; counts significant digits.
absl::Status TakeMantissa(absl::string_view* text, Decimal* number) {
  int significant = 0;
  bool any = false;
  bool after_point = false;
  while (!text->empty()) {
    const char c = text->front();
    if (c == '.' && !after_point) {
      after_point = true;
    } else if (absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      any = true;
      if (number->unscaled != 0 || c != '0') ++significant;
      if (significant > kMaxDigits) return TooManyDigits();
      number->unscaled = number->unscaled * 10 + (c - '0');
      number->scale += after_point ? 1 : 0;
    } else {
      break;
    }
    text->remove_prefix(1);
  }
  return any ? absl::OkStatus() : NotDecimal();
}

}  // namespace

absl::StatusOr<Decimal> ParseDecimal(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (text.empty()) return absl::InvalidArgumentError("is empty");
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  Decimal number;
  if (absl::Status status = TakeMantissa(&text, &number); !status.ok()) return status;
  int exponent = 0;
  if (!text.empty()) {
    if (absl::ascii_tolower(static_cast<unsigned char>(text.front())) != 'e') return NotDecimal();
    text.remove_prefix(1);
    if (text.empty() || text.size() > 4 || absl::ascii_isspace(static_cast<unsigned char>(text.front())) ||
        !absl::SimpleAtoi(text, &exponent)) {
      return NotDecimal();
    }
  }
  while (number.scale > 0 && number.unscaled % 10 == 0) {
    number.unscaled /= 10;
    --number.scale;
  }
  number.scale = number.unscaled == 0 ? 0 : number.scale - exponent;
  for (; number.scale < 0; ++number.scale) {
    if (__builtin_mul_overflow(number.unscaled, static_cast<__int128>(10), &number.unscaled)) return TooLarge();
  }
  if (number.scale > kMaxDigits) return TooManyDigits();
  if (negative) number.unscaled = -number.unscaled;
  return number;
}

absl::StatusOr<Decimal> Add(const Decimal& a, const Decimal& b) {
  const Decimal& coarse = a.scale <= b.scale ? a : b;
  const Decimal& fine = a.scale <= b.scale ? b : a;
  Decimal sum{0, fine.scale};
  if (__builtin_mul_overflow(coarse.unscaled, PowerOfTen(fine.scale - coarse.scale), &sum.unscaled) ||
      __builtin_add_overflow(sum.unscaled, fine.unscaled, &sum.unscaled)) {
    return TooLarge();
  }
  return sum;
}

absl::StatusOr<Decimal> Multiply(const Decimal& a, const Decimal& b) {
  Decimal product{0, a.scale + b.scale};
  if (__builtin_mul_overflow(a.unscaled, b.unscaled, &product.unscaled)) return TooLarge();
  while (product.scale > 0 && product.unscaled % 10 == 0) {
    product.unscaled /= 10;
    --product.scale;
  }
  if (product.unscaled == 0) product.scale = 0;
  if (product.scale > kMaxDigits) return TooManyDigits();
  return product;
}

absl::StatusOr<int64_t> ToUnits(const Decimal& number, int digits) {
  __int128 units = number.unscaled;
  if (number.scale <= digits) {
    if (__builtin_mul_overflow(units, PowerOfTen(digits - number.scale), &units)) return TooLarge();
  } else {
    const __int128 divisor = PowerOfTen(number.scale - digits);
    const __int128 rest = units % divisor;  // has the sign of `units`
    units /= divisor;
    if ((rest < 0 ? -rest : rest) * 2 >= divisor) units += rest < 0 ? -1 : 1;
  }
  if (units > std::numeric_limits<int64_t>::max() || units < std::numeric_limits<int64_t>::min()) return TooLarge();
  return static_cast<int64_t>(units);
}

std::string FormatUnits(int64_t units, int digits) {
  // Negated as unsigned: the most negative number has no positive twin.
  const uint64_t magnitude = units < 0 ? 0 - static_cast<uint64_t>(units) : static_cast<uint64_t>(units);
  std::string text = absl::StrCat(magnitude);
  if (digits > 0) {
    if (text.size() <= static_cast<size_t>(digits)) text.insert(0, digits + 1 - text.size(), '0');
    text.insert(text.size() - digits, 1, '.');
  }
  return absl::StrCat(units < 0 ? "-" : "", text);
}

}  // namespace nbo::ctl
