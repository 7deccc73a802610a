#include "storage/column.h"

#include <algorithm>
#include <bit>

namespace nbo::storage {
namespace {

constexpr int kAllZero = 31;
constexpr uint64_t kEscape = 12;
constexpr int kWindow = 56;  // bits that one access covers, wherever it begins

uint64_t Ones(int count) { return (uint64_t{1} << count) - 1; }
// std::bit_width without its branch for 0, which processors before x86-64-v3 need and cannot predict here.
int WidthOf(uint64_t value) { return 64 - std::countl_zero(value | 1) - (value == 0); }

void PutLowBits(absl::Span<const int64_t> values, int k, BitWriter* writer) {
  if (k == 0) return;
  const size_t at_once = static_cast<size_t>(kWindow / k);
  for (size_t i = 0; i < values.size(); i += at_once) {
    const size_t end = std::min(values.size(), i + at_once);
    uint64_t bits = 0;
    int width = 0;
    for (size_t j = i; j < end; ++j, width += k) bits |= (static_cast<uint64_t>(values[j]) & Ones(k)) << width;
    writer->Put(bits, width);
  }
}

void PutHighBits(absl::Span<const int64_t> values, int k, BitWriter* writer) {
  uint64_t bits = 0;
  int width = 0;
  bool escapes = false;
  for (int64_t value : values) {
    const uint64_t high = static_cast<uint64_t>(value) >> k;
    escapes |= high >= kEscape;
    const int ones = static_cast<int>(std::min(high, kEscape));
    if (width + ones + 1 > kWindow) {
      writer->Put(bits, width);
      bits = 0;
      width = 0;
    }
    bits |= Ones(ones) << width;
    width += ones + 1;
  }
  writer->Put(bits, width);
  if (!escapes) return;
  for (int64_t value : values) {
    const uint64_t high = static_cast<uint64_t>(value) >> k;
    if (high < kEscape) continue;
    writer->Put(static_cast<uint64_t>(WidthOf(high) - 1), 6);
    writer->PutWide(high, WidthOf(high));
  }
}

// Removes the zeros and takes 1 from the others; returns how many these are.
size_t PutMarks(absl::Span<int64_t> values, BitWriter* writer) {
  size_t others = 0;
  for (size_t i = 0; i < values.size(); i += kWindow) {
    const size_t end = std::min(values.size(), i + kWindow);
    uint64_t marks = 0;
    for (size_t j = i; j < end; ++j) {
      const int64_t value = values[j];
      marks |= uint64_t{value != 0} << (j - i);
      values[others] = static_cast<int64_t>(static_cast<uint64_t>(value) - 1);
      others += value != 0;
    }
    writer->Put(marks, static_cast<int>(end - i));
  }
  return others;
}

void GetLowBits(BitReader* reader, int k, absl::Span<int64_t> values) {
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<int64_t>(reader->PeekAt(i * static_cast<size_t>(k)) & Ones(k));
  }
  reader->Skip(values.size() * static_cast<size_t>(k));
}

bool GetHighBits(BitReader* reader, int k, absl::Span<int64_t> values) {
  uint64_t zeros = ~reader->Peek() & Ones(kWindow);  // each ends a number
  int begin = 0;                                     // of the number, in the window; negative: before it
  uint64_t most = 0;
  for (int64_t& value : values) {
    while (zeros == 0) {
      reader->Skip(kWindow);
      begin -= kWindow;
      if (reader->overrun()) return false;
      zeros = ~reader->Peek() & Ones(kWindow);
    }
    const int end = std::countr_zero(zeros);
    zeros &= zeros - 1;
    const auto high = static_cast<uint64_t>(end - begin);
    most |= high;
    value |= static_cast<int64_t>(high << k);
    begin = end + 1;
  }
  reader->Skip(static_cast<size_t>(begin));
  if (most < kEscape) return true;
  for (int64_t& value : values) {
    const uint64_t high = static_cast<uint64_t>(value) >> k;
    if (high > kEscape) return false;
    if (high < kEscape) continue;
    const int width = static_cast<int>(reader->Get(6)) + 1;
    value = static_cast<int64_t>((static_cast<uint64_t>(value) & Ones(k)) | reader->GetWide(width) << k);
  }
  return !reader->overrun();
}

// The inverse of PutMarks, for values at the front. Without branches: nobody can predict them.
void PlaceMarked(const BitReader& marks, size_t others, absl::Span<int64_t> values) {
  for (size_t end = values.size(); end > 0;) {
    const size_t begin = (end - 1) / kWindow * kWindow;
    const uint64_t window = marks.PeekAt(begin);
    for (; end > begin; --end) {
      const uint64_t mark = window >> (end - 1 - begin) & 1;
      others -= mark;
      values[end - 1] = static_cast<int64_t>((static_cast<uint64_t>(values[others]) + 1) & (~mark + 1));
    }
  }
}

size_t CountMarks(BitReader marks, size_t count) {
  size_t others = 0;
  for (; count >= kWindow; count -= kWindow) others += static_cast<size_t>(std::popcount(marks.Get(kWindow)));
  return others + static_cast<size_t>(std::popcount(marks.Get(static_cast<int>(count))));
}

}  // namespace

void PutColumn(absl::Span<int64_t> values, BitWriter* writer) {
  int64_t signs = 0;
  for (int64_t value : values) signs |= value;
  const bool negative = signs < 0;
  if (negative) {
    for (int64_t& value : values) value = static_cast<int64_t>(ZigZag(value));
  }
  if (signs == 0) {
    writer->Put(kAllZero, 7);
    return;
  }
  // The mean width tells the parameter; a mean of the numbers would be spoilt by a single large one.
  int64_t widths = 0, others = 0;
  for (int64_t value : values) {
    widths += WidthOf(static_cast<uint64_t>(value));
    others += value != 0;
  }
  // Marks cost one bit a number and save the code of each zero.
  const auto count = static_cast<int64_t>(values.size());
  const bool marked = (count - others) * (widths / others) > others + count / 4;
  const int64_t coded = marked ? others : count;
  // Without the fifth of a bit it would be too large for evenly spread numbers.
  const int k = static_cast<int>(std::clamp<int64_t>((5 * widths - coded) / (5 * coded), 0, kAllZero - 1));
  writer->Put(static_cast<uint64_t>(k | negative << 5 | marked << 6), 7);
  if (marked) values = values.first(PutMarks(values, writer));
  PutLowBits(values, k, writer);
  PutHighBits(values, k, writer);
}

bool GetColumn(BitReader* reader, size_t count, std::vector<int64_t>* values) {
  const uint64_t header = reader->Get(7);
  const int k = static_cast<int>(header & 31);
  const bool negative = (header & 32) != 0;
  const bool marked = (header & 64) != 0;
  if (k == kAllZero) {
    values->assign(count, 0);
    return !reader->overrun();
  }
  if (count > reader->bits_left()) return false;
  values->resize(count);
  const BitReader marks = *reader;
  const size_t others = marked ? CountMarks(marks, count) : count;
  if (marked) reader->Skip(count);
  const absl::Span<int64_t> coded(values->data(), others);
  if (others * (static_cast<size_t>(k) + 1) > reader->bits_left()) return false;
  GetLowBits(reader, k, coded);
  if (!GetHighBits(reader, k, coded)) return false;
  if (marked) PlaceMarked(marks, others, absl::MakeSpan(*values));
  if (!negative) return true;
  for (int64_t& value : *values) value = UnZigZag(static_cast<uint64_t>(value));
  return true;
}

}  // namespace nbo::storage
