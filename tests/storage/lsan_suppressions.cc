// RocksDB leaks a memtable where it cannot begin a new log for it.
extern "C" const char* __lsan_default_suppressions() { return "leak:rocksdb::DBImpl::SwitchMemtable\n"; }
