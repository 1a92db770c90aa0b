"""The trainer section of the original, which configs may carry word for word."""

ORIGINAL_TRAINER = """
trainer:
  accelerator: "gpu"
  devices: [0]
  strategy: "ddp"
  num_nodes: 1
  precision: 16
  logger: True
  callbacks: None
  fast_dev_run: False
  max_epochs: 200
  min_epochs: None
  max_steps: -1
  min_steps: None
  max_time: None
  limit_train_batches: 0.2
  limit_val_batches: 0.2
  limit_test_batches: 1.0
  limit_predict_batches: 1.0
  overfit_batches: 0.0
  val_check_interval: 1.0
  check_val_every_n_epoch: 1
  num_sanity_val_steps: 2
  log_every_n_steps: 50
  enable_checkpointing: True
  enable_progress_bar: True
  enable_model_summary: True
  accumulate_grad_batches: 1
  gradient_clip_val: None
  gradient_clip_algorithm: "norm"
  deterministic: False
  benchmark: None
  inference_mode: True
  use_distributed_sampler: True
  profiler: None
  detect_anomaly: False
  barebones: False
  plugins: None
  sync_batchnorm: False
  reload_dataloaders_every_n_epochs: 0
  default_root_dir: "./"
"""
