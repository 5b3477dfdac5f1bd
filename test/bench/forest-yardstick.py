"""Forests of scikit-learn, LightGBM and XGBoost on the tables of test/bench/forest.ts, one thread each.

Reads one JSON request from standard input, writes one JSON answer as the last line of standard output. Tables lie in the
request's folder: NAME.f64 (values, row-major, little-endian) and NAME.i32 (labels).
"""

import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.metrics import accuracy_score, roc_auc_score  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402


def load(folder, table):
    name, rows, features = table["name"], table["rows"], table["features"]
    values = np.fromfile(os.path.join(folder, name + ".f64"), dtype="<f8").reshape(rows, features)
    return values, np.fromfile(os.path.join(folder, name + ".i32"), dtype="<i4")


def quality(labels, probabilities):
    chosen = probabilities.argmax(axis=1)
    if probabilities.shape[1] == 2:
        auc = roc_auc_score(labels, probabilities[:, 1])
    else:
        auc = roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
    return {"accuracy": float(accuracy_score(labels, chosen)), "auc": float(auc)}


def forests(features, trees, depth, seed):
    """Name, maker and settings of each forest. Each looks at floor(sqrt(features)) features a split, learns each tree
    from about 63 % of the rows and grows until leaves are pure or `depth` is reached."""
    share = int(features**0.5) / features
    yield (
        "scikit-learn",
        "RandomForestClassifier(n_jobs=1), exact splits",
        lambda: RandomForestClassifier(n_estimators=trees, max_depth=depth, n_jobs=1, random_state=seed),
    )
    try:
        import lightgbm

        # more leaves than a tree of this table comes to; it keeps a histogram for each, so their memory is bounded
        leaves = 2**depth if depth else 32768
        yield (
            "LightGBM",
            f"boosting_type=rf, 255 bins, num_leaves={leaves}, min_child_samples=1, histogram_pool_size=512 MB, subsample 0.632, feature_fraction_bynode {share:.3f}",
            lambda: lightgbm.LGBMClassifier(
                boosting_type="rf", n_estimators=trees, max_depth=depth or -1, num_leaves=leaves, min_child_samples=1,
                min_sum_hessian_in_leaf=0, histogram_pool_size=512, subsample=0.632, subsample_freq=1, feature_fraction_bynode=share, max_bin=255,
                n_jobs=1, random_state=seed, verbosity=-1),
        )
        yield (
            "LightGBM, its own defaults",
            "boosting_type=rf, 255 bins, 31 leaves, subsample 0.632, feature_fraction_bynode as above",
            lambda: lightgbm.LGBMClassifier(
                boosting_type="rf", n_estimators=trees, subsample=0.632, subsample_freq=1, feature_fraction_bynode=share,
                n_jobs=1, random_state=seed, verbosity=-1),
        )
    except ImportError:
        print("lightgbm is not there", file=sys.stderr)
    try:
        import xgboost

        yield (
            "XGBoost",
            f"XGBRFClassifier, tree_method=hist, 256 bins, min_child_weight=0, reg_lambda 0, subsample 0.632, colsample_bynode {share:.3f}",
            lambda: xgboost.XGBRFClassifier(
                n_estimators=trees, max_depth=depth or 0, tree_method="hist", max_bin=256, min_child_weight=0, reg_lambda=0,
                subsample=0.632, colsample_bynode=share, n_jobs=1, random_state=seed),
        )
    except ImportError:
        print("xgboost is not there", file=sys.stderr)


def cpu(work):
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def train(request):
    values, labels = load(request["folder"], request["train"])
    tests, truth = load(request["folder"], request["test"])
    answers = []
    for name, settings, make in forests(values.shape[1], request["trees"], request.get("depth"), request["seed"]):
        model = make()
        seconds, _ = cpu(lambda: model.fit(values, labels))
        scoring, probabilities = cpu(lambda: model.predict_proba(tests))
        answer = {"name": name, "settings": settings, "cpu": seconds, "batch": len(tests) / scoring, **quality(truth, probabilities)}
        if request.get("single") and name != "LightGBM, its own defaults":
            count = request["single"] if name == "LightGBM" else max(1, request["single"] // 20)
            if name == "LightGBM":
                booster = model.booster_
                one, _ = cpu(lambda: [booster.predict(tests[i : i + 1], num_threads=1) for i in range(count)])
            else:
                one, _ = cpu(lambda: [model.predict_proba(tests[i : i + 1]) for i in range(count)])
            answer["single"] = count / one
        answers.append(answer)
    return answers


def parity(request):
    """scikit-learn's quality on stratified splits of tables, with the rows that were held out."""
    answers = []
    for table in request["tables"]:
        values, labels = load(request["folder"], table)
        runs = []
        for seed in range(request["seeds"]):
            rows = np.arange(len(labels))
            learn, judge = train_test_split(rows, test_size=0.3, random_state=seed, stratify=labels)
            for depth in request["depths"]:
                model = RandomForestClassifier(n_estimators=request["trees"], max_depth=depth, n_jobs=1, random_state=seed)
                model.fit(values[learn], labels[learn])
                runs.append({"seed": seed, "depth": depth, "held": judge.tolist(), **quality(labels[judge], model.predict_proba(values[judge]))})
        answers.append({"name": table["name"], "runs": runs})
    return answers


def tables(request):
    """Writes scikit-learn's own tables into the folder."""
    from sklearn import datasets

    answers = []
    for name in ("breast_cancer", "digits", "wine"):
        data = getattr(datasets, "load_" + name)()
        values = np.ascontiguousarray(data.data, dtype="<f8")
        values.tofile(os.path.join(request["folder"], name + ".f64"))
        data.target.astype("<i4").tofile(os.path.join(request["folder"], name + ".i32"))
        answers.append({"name": name, "rows": values.shape[0], "features": values.shape[1]})
    return answers


asked = json.loads(sys.stdin.read())
print(json.dumps({"train": train, "parity": parity, "tables": tables}[asked["task"]](asked)))
