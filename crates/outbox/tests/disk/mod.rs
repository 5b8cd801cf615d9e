//! A disk that keeps a diary of every write and sync, and fails on demand: the default file system of
//! SQLite in this process, with three of its functions looked over the shoulder.
#![allow(unsafe_code, dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::ffi::{CStr, c_int, c_void};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{LazyLock, Mutex, MutexGuard, Once};

use rusqlite::ffi;

/// What happened to the files of one folder, in order.
#[derive(Clone, Debug)]
pub enum Event {
    Write {
        file: PathBuf,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        file: PathBuf,
        size: usize,
    },
    Sync {
        file: PathBuf,
    },
    /// A person was told that this is done.
    Confirmed(uuid::Uuid),
}

/// What fails from now on in one folder.
#[derive(Clone, Copy, Debug, Default)]
pub struct Failing {
    pub sync: bool,
    pub write: bool,
    pub read: bool,
    /// No room: a write is refused, as a real full disk does it.
    pub full: bool,
}

#[derive(Default)]
struct Watched {
    diary: Vec<Event>,
    failing: Failing,
}

#[derive(Clone)]
struct Open {
    path: PathBuf,
    real: usize,
}

static FOLDERS: LazyLock<Mutex<HashMap<PathBuf, Watched>>> = LazyLock::new(Mutex::default);
static FILES: LazyLock<Mutex<HashMap<usize, Open>>> = LazyLock::new(Mutex::default);
/// Tables of functions with ours put in, by the table they were made of.
static TABLES: LazyLock<Mutex<HashMap<usize, usize>>> = LazyLock::new(Mutex::default);
static REAL_OPEN: Mutex<
    Option<
        unsafe extern "C" fn(
            *mut ffi::sqlite3_vfs,
            ffi::sqlite3_filename,
            *mut ffi::sqlite3_file,
            c_int,
            *mut c_int,
        ) -> c_int,
    >,
> = Mutex::new(None);
static INSTALL: Once = Once::new();

fn folders() -> MutexGuard<'static, HashMap<PathBuf, Watched>> {
    FOLDERS.lock().unwrap()
}

/// Puts the disk in place for every database that is opened afterwards in this process.
pub fn install() {
    INSTALL.call_once(|| unsafe {
        assert_eq!(ffi::sqlite3_initialize(), ffi::SQLITE_OK);
        let real = ffi::sqlite3_vfs_find(ptr::null());
        let mut vfs = Box::new(*real);
        *REAL_OPEN.lock().unwrap() = vfs.xOpen;
        vfs.pNext = ptr::null_mut();
        vfs.zName = c"diary".as_ptr();
        vfs.xOpen = Some(open);
        assert_eq!(ffi::sqlite3_vfs_register(Box::leak(vfs), 1), ffi::SQLITE_OK);
    });
}

/// Begins a diary of this folder.
pub fn watch(folder: &Path) {
    folders().insert(folder.to_path_buf(), Watched::default());
}

pub fn diary(folder: &Path) -> Vec<Event> {
    folders()[folder].diary.clone()
}

pub fn confirm(folder: &Path, id: uuid::Uuid) {
    folders().get_mut(folder).unwrap().diary.push(Event::Confirmed(id));
}

pub fn fail(folder: &Path, failing: Failing) {
    folders().get_mut(folder).unwrap().failing = failing;
}

/// Runs `look` on the folder of this file, if it is watched.
fn with<T>(path: &Path, look: impl FnOnce(&mut Watched) -> T) -> Option<T> {
    let mut folders = folders();
    folders.get_mut(path.parent()?).map(look)
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    unsafe {
        let real = REAL_OPEN.lock().unwrap().unwrap();
        let code = real(vfs, name, file, flags, out);
        if code == ffi::SQLITE_OK && !name.is_null() {
            let path = PathBuf::from(CStr::from_ptr(name).to_str().unwrap());
            let methods = (*file).pMethods;
            FILES.lock().unwrap().insert(file as usize, Open { path, real: methods as usize });
            (*file).pMethods = table(methods) as *const ffi::sqlite3_io_methods;
        }
        code
    }
}

unsafe fn table(real: *const ffi::sqlite3_io_methods) -> usize {
    let mut tables = TABLES.lock().unwrap();
    *tables.entry(real as usize).or_insert_with(|| {
        let mut methods = Box::new(unsafe { *real });
        // Without memory-mapped reading, so that all goes through these functions.
        methods.iVersion = methods.iVersion.min(2);
        methods.xClose = Some(close);
        methods.xRead = Some(read);
        methods.xWrite = Some(write);
        methods.xTruncate = Some(truncate);
        methods.xSync = Some(sync);
        ptr::from_mut(Box::leak(methods)) as usize
    })
}

fn known(file: *mut ffi::sqlite3_file) -> (PathBuf, &'static ffi::sqlite3_io_methods) {
    let open = FILES.lock().unwrap()[&(file as usize)].clone();
    (open.path, unsafe { &*(open.real as *const ffi::sqlite3_io_methods) })
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let (_, real) = known(file);
    FILES.lock().unwrap().remove(&(file as usize));
    unsafe { real.xClose.unwrap()(file) }
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, into: *mut c_void, amount: c_int, at: i64) -> c_int {
    let (path, real) = known(file);
    if with(&path, |folder| folder.failing.read) == Some(true) {
        return ffi::SQLITE_IOERR_READ;
    }
    unsafe { real.xRead.unwrap()(file, into, amount, at) }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    at: i64,
) -> c_int {
    let (path, real) = known(file);
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(amount).unwrap()) };
    let fails = with(&path, |folder| {
        if folder.failing.full {
            return Some(ffi::SQLITE_FULL);
        }
        if !folder.failing.write {
            let offset = usize::try_from(at).unwrap();
            folder.diary.push(Event::Write { file: path.clone(), offset, bytes: bytes.to_vec() });
        }
        folder.failing.write.then_some(ffi::SQLITE_IOERR_WRITE)
    });
    match fails.flatten() {
        Some(code) => code,
        None => unsafe { real.xWrite.unwrap()(file, from, amount, at) },
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    let (path, real) = known(file);
    with(&path, |folder| {
        folder.diary.push(Event::Truncate { file: path.clone(), size: usize::try_from(size).unwrap() });
    });
    unsafe { real.xTruncate.unwrap()(file, size) }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let (path, real) = known(file);
    let fails = with(&path, |folder| {
        if !folder.failing.sync {
            folder.diary.push(Event::Sync { file: path.clone() });
        }
        folder.failing.sync
    });
    if fails == Some(true) { ffi::SQLITE_IOERR_FSYNC } else { unsafe { real.xSync.unwrap()(file, flags) } }
}
