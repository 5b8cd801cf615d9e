//! What goes into a statement and what comes out of a row, alike on every engine: whole numbers of 64 bits, texts
//! and bytes. A yes or no is 1 or 0.

use crate::store::StoreError;

/// One value, on its way into a statement or out of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value<'v> {
    Null,
    Integer(i64),
    Text(&'v str),
    Bytes(&'v [u8]),
}

/// Becomes a parameter of a statement.
pub trait Bind {
    fn bind(&self) -> Value<'_>;
}

/// Comes out of a column.
pub trait FromValue: Sized {
    /// None where the value is of another kind or does not fit.
    fn from_value(value: Value<'_>) -> Option<Self>;
}

macro_rules! whole_numbers {
    ($($number:ty),*) => {$(
        impl Bind for $number {
            fn bind(&self) -> Value<'_> {
                Value::Integer(i64::from(*self))
            }
        }

        impl FromValue for $number {
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value {
                    Value::Integer(number) => Self::try_from(number).ok(),
                    _ => None,
                }
            }
        }
    )*};
}

whole_numbers!(i64, i32, u32, u16, u8);

impl Bind for bool {
    fn bind(&self) -> Value<'_> {
        Value::Integer(i64::from(*self))
    }
}

impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Integer(0) => Some(false),
            Value::Integer(1) => Some(true),
            _ => None,
        }
    }
}

impl Bind for str {
    fn bind(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Bind for String {
    fn bind(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl FromValue for String {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl Bind for [u8] {
    fn bind(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl Bind for Vec<u8> {
    fn bind(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

impl<const N: usize> Bind for [u8; N] {
    fn bind(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => bytes.try_into().ok(),
            _ => None,
        }
    }
}

impl<T: Bind> Bind for Option<T> {
    fn bind(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Bind::bind)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: Bind + ?Sized> Bind for &T {
    fn bind(&self) -> Value<'_> {
        T::bind(self)
    }
}

impl Bind for Value<'_> {
    fn bind(&self) -> Value<'_> {
        *self
    }
}

/// A value that outlives what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owned {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<Value<'_>> for Owned {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(number) => Self::Integer(number),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl FromValue for Owned {
    fn from_value(value: Value<'_>) -> Option<Self> {
        Some(Self::from(value))
    }
}

impl Bind for Owned {
    fn bind(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(*number),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

/// Takes a value for what the program means by it.
pub(super) fn read<T: FromValue>(value: Value<'_>, column: usize) -> Result<T, StoreError> {
    T::from_value(value).ok_or_else(|| {
        let kind = match value {
            Value::Null => "nothing",
            Value::Integer(_) => "a number",
            Value::Text(_) => "a text",
            Value::Bytes(_) => "bytes",
        };
        let wanted = std::any::type_name::<T>();
        StoreError::Corrupt(format!("column {column} holds {kind} that is no {wanted}"))
    })
}

/// The parameters of a statement, in the order of their numbers.
#[macro_export]
#[doc(hidden)]
macro_rules! store_params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::store::sql::Bind::bind(&$value)),*]
    };
}

pub use crate::store_params as params;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_by_its_column() {
        assert_eq!(read::<u8>(Value::Integer(255), 0).unwrap(), 255);
        assert_eq!(read::<Option<String>>(Value::Null, 0).unwrap(), None);
        let told = |error: StoreError| error.to_string();
        assert!(told(read::<u8>(Value::Integer(256), 3).unwrap_err()).contains("column 3 holds a number"));
        assert!(read::<bool>(Value::Integer(2), 0).is_err());
        assert!(read::<i64>(Value::Text("1"), 0).is_err());
        assert!(read::<[u8; 2]>(Value::Bytes(&[1, 2, 3]), 0).is_err());
        assert!(read::<String>(Value::Null, 0).is_err());
    }
}
