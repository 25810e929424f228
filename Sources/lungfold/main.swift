print("lungfold")
