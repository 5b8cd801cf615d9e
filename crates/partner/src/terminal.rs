use crate::AppError;
use crate::view::*;
pub struct Terminal;
type R<T> = Result<T, AppError>;
fn no<T>() -> R<T> { Err(crate::ErrorCode::Internal.into()) }
impl Terminal {
    pub async fn status(&self) -> R<Status> { no() }
    pub async fn connect(&self, _: ConnectRequest) -> R<Status> { no() }
    pub async fn disconnect(&self) -> R<Status> { no() }
    pub async fn set_preferences(&self, _: Preferences) -> R<Status> { no() }
    pub async fn identify_text(&self, _: &str, _: CodeSource) -> R<FanCard> { no() }
    pub async fn identify_picture(&self, _: &str) -> R<FanCard> { no() }
    pub async fn fan_card(&self, _: &str) -> R<FanCard> { no() }
    pub async fn quote(&self, _: &[ItemInput]) -> R<Quote> { no() }
    pub async fn give(&self, _: &str, _: Vec<ItemInput>) -> R<Receipt> { no() }
    pub async fn redeem(&self, _: &str, _: Vec<ItemInput>) -> R<Receipt> { no() }
    pub async fn award(&self, _: &str, _: &str) -> R<Receipt> { no() }
    pub async fn undo(&self, _: &str) -> R<Receipt> { no() }
    pub async fn check_threshold(&self, _: &str, _: &str) -> R<ThresholdView> { no() }
    pub async fn operations(&self, _: OperationFilter) -> R<OperationPage> { no() }
    pub async fn totals(&self, _: i64, _: i64) -> R<Totals> { no() }
    pub async fn send_now(&self) -> R<Status> { no() }
    pub async fn cameras(&self) -> R<Vec<CameraView>> { no() }
    pub async fn camera_start(&self, _: Option<String>) -> R<()> { no() }
    pub async fn camera_stop(&self) -> R<()> { no() }
    pub async fn diagnostics(&self) -> R<Diagnostics> { no() }
}
