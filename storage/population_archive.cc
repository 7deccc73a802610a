#include "storage/population_archive.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <string>

#include "nbo/storage/v1/records.pb.h"

namespace nbo::storage {
namespace {

namespace pb = ::nbo::storage::v1;
using Column = google::protobuf::RepeatedField<int64_t>;

void EncodeBounds(const QuintileBounds& bounds, Column* column) {
  column->Add(bounds.lower_fifths.begin(), bounds.lower_fifths.end());
}

bool DecodeBounds(const Column& column, QuintileBounds* bounds) {
  if (column.size() != static_cast<int>(bounds->lower_fifths.size())) return false;
  std::copy(column.begin(), column.end(), bounds->lower_fifths.begin());
  return true;
}

std::string Encode(const Population& population) {
  pb::Population message;
  message.set_as_of_day(population.as_of_day);
  message.set_compute_time_us(absl::ToUnixMicros(population.compute_time));
  message.set_duration_us(absl::ToInt64Microseconds(population.duration));
  EncodeBounds(population.recency_days, message.mutable_recency_days_lower_fifths());
  EncodeBounds(population.frequency, message.mutable_frequency_lower_fifths());
  EncodeBounds(population.revenue_minor, message.mutable_revenue_minor_lower_fifths());
  for (const RfmTotals& cell : population.cells) {
    message.add_cell_customers(cell.customers);
    message.add_cell_orders(cell.orders);
    message.add_cell_revenue_minor(cell.revenue_minor);
  }
  return message.SerializeAsString();
}

absl::StatusOr<std::optional<Population>> Decode(const std::string& bytes) {
  pb::Population message;
  Population population;
  if (!message.ParseFromString(bytes) || !DecodeBounds(message.recency_days_lower_fifths(), &population.recency_days) ||
      !DecodeBounds(message.frequency_lower_fifths(), &population.frequency) ||
      !DecodeBounds(message.revenue_minor_lower_fifths(), &population.revenue_minor) ||
      message.cell_customers_size() != kRfmCells || message.cell_orders_size() != kRfmCells ||
      message.cell_revenue_minor_size() != kRfmCells) {
    return absl::DataLossError("population: not readable");
  }
  population.as_of_day = message.as_of_day();
  population.compute_time = absl::FromUnixMicros(message.compute_time_us());
  population.duration = absl::Microseconds(message.duration_us());
  for (int i = 0; i < kRfmCells; ++i) {
    population.cells[i] = {message.cell_customers(i), message.cell_orders(i), message.cell_revenue_minor(i)};
    population.customers += message.cell_customers(i);
  }
  return std::optional<Population>(population);
}

}  // namespace

absl::Status RocksPopulationArchive::Keep(const Population& population) {
  // Without a sync: what is lost with the power is computed again.
  rocksdb::WriteBatch batch;
  rocksdb::Status put = batch.Put(database_->family(kDefault), kPopulationKey, Encode(population));
  if (!put.ok()) return ToStatus("writing the population", put);
  return database_->Write(rocksdb::WriteOptions(), &batch);
}

absl::StatusOr<std::optional<Population>> RocksPopulationArchive::Read() const {
  std::string bytes;
  const rocksdb::Status read = database_->db()->Get({}, database_->family(kDefault), kPopulationKey, &bytes);
  if (read.IsNotFound()) return std::optional<Population>();
  if (!read.ok()) return ToStatus("reading the population", read);
  return Decode(bytes);
}

}  // namespace nbo::storage
